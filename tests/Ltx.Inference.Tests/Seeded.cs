using static TorchSharp.torch;

namespace Ltx.Inference.Tests;

/// <summary>
/// Random numbers that are the same in every run. libtorch's own generator is shared by all tests that run at once, so that what one of them
/// draws depends on the others, and a test that fails for one draw in some hundreds fails now and then.
/// </summary>
internal static class Seeded
{
    public static Tensor Normal(ulong seed, long[] shape)
    {
        using Generator generator = new(seed);
        return randn(shape, generator: generator);
    }

    public static Tensor Uniform(ulong seed, long[] shape)
    {
        using Generator generator = new(seed);
        return rand(shape, generator: generator);
    }
}
