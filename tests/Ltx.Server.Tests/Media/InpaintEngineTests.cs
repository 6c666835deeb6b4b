using System.Collections.Concurrent;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>The thread that a model lives on.</summary>
[Collection("alone")]
public sealed class InpaintEngineTests(ITestOutputHelper output)
{
    private const int WarmUp = 4;

    private static readonly int Clips = LongForm.IsOn ? 16 : 10;

    // Of what the process held after the warm-up.
    private const double AllowedGrowth = 0.1;

    [Fact]
    public async Task Clips_run_on_one_thread_and_memory_does_not_grow()
    {
        using TestFolder folder = new();
        using InpaintEngine engine = await OpenAsync();
        string source = TestMedia.Video(folder, width: 192, height: 128), mask = TestMedia.Mask(folder, width: 192, height: 128);
        ConcurrentDictionary<int, bool> threads = new();
        // The first report comes from whoever calls, before there is anything to compute.
        void Watch(InpaintProgress progress)
        {
            if (progress.Stage == InpaintStage.Stage1.Name()) threads[Environment.CurrentManagedThreadId] = true;
        }

        long before = 0;
        for (int clip = 1; clip <= Clips; clip++)
        {
            ClipJob job = new(source, mask, new GenerationParameters("a red disc") { Steps = 8, Seed = clip }, folder.Named("result.mp4")) { Frames = 9 };
            await new ClipInpainter(engine, MediaLimits.Default).RunAsync(job, Watch, TestContext.Current.CancellationToken);
            // Looked at after every clip, without garbage, whose time is the runtime's choice.
            long resident = Resident();
            output.WriteLine($"{clip}: {resident >> 20} MB");
            if (clip == WarmUp) before = resident;
        }
        long after = Resident();
        output.WriteLine($"{before >> 20} MB after {WarmUp} clips, {after >> 20} MB after {Clips}");
        Assert.Single(threads);
        if (OperatingSystem.IsLinux()) Assert.True(after < before * (1 + AllowedGrowth), $"{before >> 20} MB after {WarmUp} clips, {after >> 20} MB after {Clips}");
    }

    [Fact]
    public async Task What_was_asked_for_is_done_in_order_and_what_fails_stops_nothing()
    {
        using InpaintEngine engine = await OpenAsync();
        List<int> order = [];
        Task<int> first = engine.RunAsync(_ => Note(1)), broken = engine.RunAsync<int>(_ => throw new InvalidOperationException("no")), last = engine.RunAsync(_ => Note(2));
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.Equal((1, 2), (await first, await last));
        Assert.Equal([1, 2], order);

        int Note(int number)
        {
            order.Add(number);
            return number;
        }
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_told_to_whoever_loads_it()
    {
        WeightsException refused = await Assert.ThrowsAsync<WeightsException>(() => InpaintEngine.OpenAsync(() => throw new WeightsException("the file is gone")));
        Assert.Equal("the file is gone", refused.Message);
    }

    private static Task<InpaintEngine> OpenAsync() =>
        InpaintEngine.OpenAsync(() => new InpaintPipeline(
            ModelFolder.Open(Repository.GoldenModel), ComputeDevice.Parse("cpu"), TorchSharp.torch.ScalarType.Float32, new InpaintOptions(WorkingShortSide: 0)));

    // With everything that the C library keeps of what was freed: that is what a thread a clip cost.
    private static long Resident()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
