using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>One pipeline over the trained miniature, as a worker keeps it, for all tests that run requests.</summary>
public sealed class MiniaturePipeline : IDisposable
{
    private readonly Lazy<RecordedClip> plain;

    public MiniaturePipeline()
    {
        Pipeline = new InpaintPipeline(ModelFolder.Open(Repository.Miniature), CPU, ScalarType.Float32);
        plain = new Lazy<RecordedClip>(() => Run(MiniatureClip.Request()));
    }

    public InpaintPipeline Pipeline { get; }

    /// <summary>The LoRA that comes with the miniature.</summary>
    internal static string Magenta => Path.Combine(Repository.Miniature, "loras", "magenta.safetensors");

    /// <summary>What <see cref="MiniatureClip.Request"/> gives.</summary>
    internal RecordedClip Plain => plain.Value;

    internal RecordedClip Run(InpaintRequest request)
    {
        RecordedClip clip = new();
        Pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
        return clip;
    }

    public void Dispose() => Pipeline.Dispose();
}

/// <summary>Requests compute on all processors, so they do not run beside other tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MiniaturePipelineTests : ICollectionFixture<MiniaturePipeline>
{
    public const string Name = "miniature pipeline";
}
