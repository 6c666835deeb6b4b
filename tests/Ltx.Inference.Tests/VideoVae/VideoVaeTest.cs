using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.VideoVae;

/// <summary>What the tests of the VAE share: the goldens' checkpoint and comparisons.</summary>
public abstract class VideoVaeTest : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    private protected Checkpoint Checkpoint { get; } = Checkpoint.Open(ModelFolder.Open(Path.Combine(Repository.Goldens, "model")).Checkpoint);

    private protected VideoEncoder Encoder(VideoVaeOptions? options = null) => VideoEncoder.Load(Checkpoint, CPU, ScalarType.Float32, options);

    private protected VideoDecoder Decoder(VideoVaeOptions? options = null) => VideoDecoder.Load(Checkpoint, CPU, ScalarType.Float32, options);

    private protected static Tensor Random(params long[] shape) => rand(shape, generator: new Generator(3)).mul(2).sub(1);

    private protected static Tensor All(IEnumerable<Tensor> chunks) => cat([.. chunks], 2);

    private protected static void Near(Tensor expected, Tensor actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        double error = (expected - actual).norm().item<float>() / expected.norm().item<float>();
        Assert.True(error <= tolerance, $"relative error {error}");
    }

    public void Dispose()
    {
        scope.Dispose();
        Checkpoint.Dispose();
        GC.SuppressFinalize(this);
    }
}
