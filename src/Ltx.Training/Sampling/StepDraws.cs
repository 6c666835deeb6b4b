using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Training.Sampling;

/// <summary>
/// Random numbers that depend on the training's seed, the step and the clip's place in it, and on nothing that happened before: whoever goes on from
/// a checkpoint draws what an undisturbed run would have drawn, and there is no state of a generator to keep.
/// </summary>
internal sealed class StepDraws : IStepDraws, IDisposable
{
    private readonly Generator generator;

    /// <param name="seed">the training's</param>
    /// <param name="purpose">so that what is drawn for different ends has nothing in common</param>
    /// <param name="step">which step, or which round through the clips</param>
    /// <param name="place">which of the step's clips</param>
    public StepDraws(long seed, DrawPurpose purpose, long step, int place = 0)
    {
        ulong state = Mixed((ulong)seed);
        foreach (ulong part in new[] { (ulong)purpose, (ulong)step, (ulong)place }) state = Mixed(state ^ part);
        generator = new Generator(state, CPU);
    }

    public double Normal()
    {
        using Tensor drawn = randn([1], dtype: ScalarType.Float32, generator: generator);
        return drawn.item<float>();
    }

    public double Uniform()
    {
        using Tensor drawn = rand([1], dtype: ScalarType.Float32, generator: generator);
        return drawn.item<float>();
    }

    public Tensor Noise(ReadOnlySpan<long> shape, Device device)
    {
        using Tensor noise = randn(shape.ToArray(), dtype: ScalarType.Float32, generator: generator);
        return noise.to(device, copy: true);
    }

    /// <summary>Numbers of an even distribution, in float32 on the processor.</summary>
    public Tensor Even(ReadOnlySpan<long> shape, double from, double to) => rand(shape.ToArray(), dtype: ScalarType.Float32, generator: generator).mul_(to - from).add_(from);

    /// <summary>The numbers below a count in a random order.</summary>
    public long[] Order(int count)
    {
        using Tensor order = randperm(count, generator: generator);
        return order.ToArray<long>();
    }

    public void Dispose() => generator.Dispose();

    // SplitMix64: every bit of what comes in changes half of those that come out (Steele, Lea and Flood, 2014).
    private static ulong Mixed(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
