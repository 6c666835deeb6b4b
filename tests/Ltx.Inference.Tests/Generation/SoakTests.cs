using System.Globalization;
using System.Runtime.InteropServices;
using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Server.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Collection(Alone.Name)]
public partial class SoakTests
{
    private const int WarmUp = 10;
    private static readonly int Requests = LongForm.IsOn ? 200 : 50, Quarter = Requests / 4;
    private const long AllowedGrowth = 30 << 20;

    [Fact]
    public void Many_requests_leave_no_tensor_and_no_memory_behind()
    {
        // The golden model merges its distilled LoRA anew in every stage, and is the smaller one. On so little, two threads only wait for each other.
        int threads = get_num_threads();
        set_num_threads(1);
        try
        {
            using InpaintPipeline pipeline = new(ModelFolder.Open(Path.Combine(Repository.Goldens, "model")), CPU, ScalarType.Float32);
            long tensors = 0;
            // Memory comes and goes by some megabytes: what a quarter of the requests never went below is compared, and a leak shows in it.
            long first = long.MaxValue, last = long.MaxValue;
            for (int i = 1; i <= Requests; i++)
            {
                pipeline.Run(Request(i, pipeline.SourceSoundRate), new RecordedClip(), cancellation: TestContext.Current.CancellationToken);
                if (i % WarmUp != 0) continue;
                long memory = Resident();
                if (i == WarmUp) tensors = Tensor.TotalCount;
                if (i <= Quarter) first = Math.Min(first, memory);
                if (i > Requests - Quarter) last = Math.Min(last, memory);
            }
            Assert.Equal(tensors, Tensor.TotalCount);
            if (OperatingSystem.IsLinux()) Assert.True(last - first < AllowedGrowth, $"{(last - first) >> 20} MB more than the {first >> 20} MB of the first {Quarter} requests");
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    // The smallest clip and the fewest steps; now and then what not every request has. All of it has come before the warm-up ends, and the last request has none, as the tenth.
    private static InpaintRequest Request(int i, int soundRate)
    {
        InpaintRequest request = MiniatureClip.Request(9, 64, 64).With(p => p with { Seed = i, GenerateAudio = i % 10 == 1 });
        return (i % 10) switch
        {
            2 => request.With(p => p with { Loras = [new LoraChoice(Path.Combine(Repository.Goldens, "model", "loras", "style-peft.safetensors"), 0.5, LoraStages.Stage1)] }),
            3 => request.With(p => p with { GuidanceScale = 3, NegativePrompt = "blurry" }),
            4 => request with { SourceSound = new SoundClip([new float[6000], new float[6000]], soundRate) },
            5 => request with { Mask = MiniatureClip.Uniform(0, 9, 64 * 64) },
            _ => request,
        };
    }

    // What is in use: neither garbage, nor a file's pages, nor what the C library keeps of what was freed (which depends on the tests before).
    private static long Resident()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _ = TrimHeap(0);
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);
}
