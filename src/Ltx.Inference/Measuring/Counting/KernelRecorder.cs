using Ltx.Inference.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>Writes down what the project's own kernels would read and write, and runs none.</summary>
internal sealed class KernelRecorder : IKernelLauncher
{
    private readonly Dictionary<Kernel, double> kernels = [];

    /// <summary>What was asked for, alike ones together.</summary>
    public IReadOnlyDictionary<Kernel, double> Kernels => kernels;

    public void Launch(string kernel, long blocks, params ReadOnlySpan<KernelArgument> arguments)
    {
        double bytes = 0;
        foreach (KernelArgument argument in arguments) bytes += argument.Tensor is { } tensor ? tensor.numel() * tensor.ElementSize : 0;
        Kernel counted = new(kernel, ClassOf(kernel), KernelAccess.Fused, bytes, default, 0);
        kernels[counted] = kernels.GetValueOrDefault(counted) + 1;
    }

    private static KernelClass ClassOf(string kernel) => kernel switch
    {
        "norm_modulate" => KernelClass.Modulate,
        "add_gated" or "gate_heads" => KernelClass.Gate,
        "norm_rotate" => KernelClass.Rotation,
        "gelu" => KernelClass.Activation,
        "norm_silu" => KernelClass.Norm,
        "quantize_rows" => KernelClass.Rounding,
        "merge" => KernelClass.Rest,
        _ => throw new InvalidOperationException($"Nobody has said what the kernel {kernel} is for: say it in {nameof(KernelRecorder)}."),
    };
}
