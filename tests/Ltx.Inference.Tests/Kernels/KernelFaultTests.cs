using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Kernels;

/// <summary>Kernels with a fault are found out by what finds out those without: the tests of <see cref="KernelTests"/>.</summary>
public sealed class KernelFaultTests : IDisposable
{
    private const int Tokens = 3, Width = 4096;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void A_barrier_that_is_missing_gives_other_bits_in_another_order()
    {
        using CpuKernels faulty = new(Without("device.h", "sums[threadIdx.x / Warp] = value;\n    __syncthreads();", "sums[threadIdx.x / Warp] = value;"));
        Tensor forwards = Run(faulty, ThreadOrder.Forwards), backwards = Run(faulty, ThreadOrder.Backwards);
        Assert.False(forwards.bytes.SequenceEqual(backwards.bytes));
    }

    [Fact]
    public void An_index_that_is_one_too_far_is_out_of_bounds()
    {
        using CpuKernels faulty = new(Without("modulate.cu", "i < width; i += blockDim.x * Pack)\n    {\n        float x[Pack]", "i <= width; i += blockDim.x * Pack)\n    {\n        float x[Pack]"));
        InferenceException outside = Assert.Throws<InferenceException>(() => Run(faulty, ThreadOrder.Forwards));
        // Behind both rows of the levels: bfloat16 has two bytes.
        Assert.Contains($"byte {2 * Width * 2} of {2 * Width * 2} in block 0", outside.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_barrier_that_some_threads_do_not_reach_is_one_that_a_card_would_wait_at_for_ever()
    {
        using CpuKernels faulty = new(Without("device.h", "if (threadIdx.x % Warp == 0) sums[", "if (threadIdx.x % Warp == 1) return value;\n    if (threadIdx.x % Warp == 0) sums["));
        Assert.Contains("threads wait at different places", Assert.Throws<InferenceException>(() => Run(faulty, ThreadOrder.Forwards)).Message, StringComparison.Ordinal);
    }

    private static Tensor Run(CpuKernels kernels, ThreadOrder order)
    {
        Tensor x = Seeded.Normal(1, [1, Tokens, Width]).bfloat16();
        LevelTable table = new(Seeded.Normal(2, [1, 2, Width]).bfloat16(), Seeded.Normal(3, [2, Width]).bfloat16(), null);
        using IDisposable _ = KernelLaunchers.Use(DeviceType.CPU, kernels.Launcher(order));
        return Modulations.NormModulate(x, table, 1, 0, 1e-6);
    }

    private static Func<string, string, string> Without(string file, string right, string wrong) => (name, text) =>
    {
        if (name != file) return text;
        Assert.Contains(right, text, StringComparison.Ordinal);
        return text.Replace(right, wrong, StringComparison.Ordinal);
    };
}
