using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>
/// Noise from torch's CPU generator, whatever device computes: a seed then gives the same clip everywhere, and the reference's.
/// </summary>
public sealed class NoiseSource(long seed) : IDisposable
{
    private readonly Generator generator = new((ulong)seed, CPU);

    /// <summary>Standard normal numbers in float32.</summary>
    public Tensor Normal(ReadOnlySpan<long> shape, Device device)
    {
        using Tensor noise = randn(shape.ToArray(), dtype: ScalarType.Float32, generator: generator);
        return noise.to(device, copy: true);
    }

    /// <summary>
    /// Normal numbers in float64 that have mean 0 and deviation 1 exactly, over each batch item.
    /// Source: ltx_pipelines/utils/samplers.py (400fd31).
    /// </summary>
    /// <param name="shape">[B, T, C]</param>
    /// <param name="device">where they are to be</param>
    public Tensor Normalized(ReadOnlySpan<long> shape, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor noise = randn(shape.ToArray(), dtype: ScalarType.Float64, generator: generator);
        noise = (noise - noise.mean()) / noise.std();
        noise = (noise - noise.mean([-2, -1], keepdim: true)) / noise.std([-2, -1], keepdim: true);
        return noise.to(device).MoveToOuterDisposeScope();
    }

    public void Dispose() => generator.Dispose();
}
