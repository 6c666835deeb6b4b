namespace Ltx.Inference.Kernels;

/// <summary>Runs kernels on one device.</summary>
internal interface IKernelLauncher
{
    /// <summary>Runs a kernel behind everything that the calling thread has given the device; it may return before the kernel has.</summary>
    /// <param name="kernel">its name in the module</param>
    /// <param name="blocks">how many blocks of threads; 0 runs nothing</param>
    /// <param name="arguments">in the kernel's order</param>
    void Launch(string kernel, long blocks, params ReadOnlySpan<KernelArgument> arguments);
}
