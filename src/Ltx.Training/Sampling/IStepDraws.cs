using static TorchSharp.torch;

namespace Ltx.Training.Sampling;

/// <summary>The random numbers of one step, taken in the reference's order: noise level, noise, then one for every condition.</summary>
internal interface IStepDraws
{
    /// <summary>Standard normal.</summary>
    double Normal();

    /// <summary>From 0 to 1, 1 not among them.</summary>
    double Uniform();

    /// <summary>Standard normal numbers in float32.</summary>
    /// <param name="shape">[1, T, C]</param>
    /// <param name="device">where they are to be; they are drawn on the processor</param>
    Tensor Noise(ReadOnlySpan<long> shape, Device device);
}
