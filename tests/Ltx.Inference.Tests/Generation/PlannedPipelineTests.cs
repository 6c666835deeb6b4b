using System.Runtime.InteropServices;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Tests.Planning;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>Pipelines that have less memory than they would like.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class PlannedPipelineTests(MiniaturePipeline miniature)
{
    private static InpaintRequest Request => MiniatureClip.Request().With(p => p with { GenerateAudio = false });

    private static ModelFolder Model => ModelFolder.Open(Repository.Miniature);

    private static MemoryPlanner Planner => MemoryPlanner.For(Model, ScalarType.Float32, DeviceType.CPU);

    // By the pipeline that has all the memory it likes, once for all arrangements.
    private static RecordedClip? changedAtEase;

    public static TheoryData<TextResidency, int> Arrangements => new() { { TextResidency.Visits, 0 }, { TextResidency.Streams, 6 } };

    [Theory]
    [MemberData(nameof(Arrangements))]
    public void Whatever_is_moved_the_result_is_the_same_and_nothing_is_left_behind(TextResidency text, int streamed)
    {
        using InpaintPipeline pipeline = Open(new InpaintOptions(Memory: TightPlan.Limit(Model, Request, text, streamed), PlannedFor: TightPlan.Shape(Model, Request)));
        Assert.Equal((text, streamed), (pipeline.Plan.Arrangement.Text, pipeline.Plan.Arrangement.StreamedBlocks));
        AssertSame(miniature.Plain, Run(pipeline, Request));
        InpaintRequest changed = Request.With(p => p with { Loras = [new LoraChoice(MiniaturePipeline.Magenta)], GuidanceScale = 2 });
        changedAtEase ??= miniature.Run(changed);
        AssertSame(changedAtEase, Run(pipeline, changed));
        long before = LiveTensors.Before();
        AssertSame(miniature.Plain, Run(pipeline, Request));
        AssertSame(changedAtEase, Run(pipeline, changed));
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void A_larger_request_moves_weights_and_the_next_small_one_is_the_same_as_ever()
    {
        InpaintRequest large = MiniatureClip.Request(9, 256, 320).With(p => p with { GenerateAudio = false, Steps = 1 });
        long limit = TightPlan.Limit(Model, large, TextResidency.Streams, 6);
        using InpaintPipeline pipeline = Open(new InpaintOptions(Memory: limit, PlannedFor: Shape(9, 64, 64)));
        Assert.Equal(TextResidency.Stays, pipeline.Plan.Arrangement.Text);
        AssertSame(miniature.Plain, Run(pipeline, Request));
        AssertSame(miniature.Run(large), Run(pipeline, large));
        Assert.Equal((TextResidency.Streams, 6), (pipeline.Plan.Arrangement.Text, pipeline.Plan.Arrangement.StreamedBlocks));
        AssertSame(miniature.Plain, Run(pipeline, Request));
    }

    [Fact]
    public void A_request_that_cannot_fit_is_refused_before_it_begins_with_the_numbers()
    {
        // What the smallest plan of a small clip takes is enough for that clip, and not for sixteen times as many pixels.
        long limit = Planner.Choose(Shape(9, 64, 64), 1, float8: false).Worst.Total;
        using InpaintPipeline pipeline = Open(new InpaintOptions(Memory: limit));
        RecordedClip clip = new();
        List<InpaintProgress> told = [];
        InferenceException refused = Assert.ThrowsAny<InferenceException>(() => pipeline.Run(MiniatureClip.Request(9, 256, 256), clip, told.Add, TestContext.Current.CancellationToken));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Matches(@"^256x256, 9 frames do not fit on this server's device: the stage ""[a-z0-9 ]+"" would need [0-9.]+ GB .* GB are there\.", refused.Message);
        Assert.Empty(told);
        Assert.Equal(0, clip.Begun);
        // A smaller one is done.
        AssertSame(miniature.Run(MiniatureClip.Request(9, 64, 64)), Run(pipeline, MiniatureClip.Request(9, 64, 64)));
    }

    [Fact]
    public void Out_of_memory_frees_everything_fails_the_request_and_the_next_one_runs()
    {
        AssertSame(miniature.Plain, miniature.Run(Request));
        long before = LiveTensors.Before();
        // The sentences of CUDA's allocator, of the driver, of cuBLAS and of the CPU's allocator, as libtorch gives them.
        foreach ((string at, string stage, string sentence) in new[]
        {
            ("clean1", "source", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1.62 GiB is free."),
            ("noised1.video", "stage 1", "CUDA error: out of memory"),
            ("noised2.video", "stage 2", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            ("stage2.video", "stage 2", "[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: can't allocate memory: you tried to allocate 70368744177664 bytes."),
        })
        {
            void Fail(string name, Tensor tensor)
            {
                if (name == at) throw new LibTorchFailure(sentence);
            }

            MemoryShortageException failed = Assert.Throws<MemoryShortageException>(() => miniature.Pipeline.Run(Request, new RecordedClip(), null, null, Fail, TestContext.Current.CancellationToken));
            Assert.Equal(Fault.Internal, failed.Fault);
            Assert.Contains($"ran out of memory in the stage \"{stage}\"", failed.Message, StringComparison.Ordinal);
            Assert.Equal(sentence, failed.InnerException!.Message);
            Assert.Equal(before, Tensor.TotalCount);
            AssertSame(miniature.Plain, miniature.Run(Request));
        }
    }

    [Fact]
    public void Other_failures_of_libtorch_are_not_taken_for_a_shortage()
    {
        LibTorchFailure failure = new("The size of tensor a (3) must match the size of tensor b (4)");
        Assert.Same(failure, Assert.Throws<LibTorchFailure>(() => miniature.Pipeline.Run(Request, new RecordedClip(), null, null, (_, _) => throw failure, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_warm_up_leaves_nothing_and_changes_nothing()
    {
        using InpaintPipeline pipeline = Open(new InpaintOptions());
        pipeline.WarmUp(TestContext.Current.CancellationToken);
        long before = LiveTensors.Before();
        pipeline.WarmUp(TestContext.Current.CancellationToken);
        Assert.Equal(before, Tensor.TotalCount);
        AssertSame(miniature.Plain, Run(pipeline, Request));
    }

    private static RequestShape Shape(int frames, int height, int width) => TightPlan.Shape(Model, MiniatureClip.Request(frames, height, width));

    private static InpaintPipeline Open(InpaintOptions options) => new(Model, CPU, ScalarType.Float32, options);

    private static RecordedClip Run(InpaintPipeline pipeline, InpaintRequest request)
    {
        RecordedClip clip = new();
        pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
        return clip;
    }

    private static void AssertSame(RecordedClip expected, RecordedClip actual) => Assert.Equal(expected.Frames, actual.Frames);

    // What TorchSharp throws, by a name of our own: the runtime keeps that one for itself.
    private sealed class LibTorchFailure(string message) : ExternalException(message);
}
