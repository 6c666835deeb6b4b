namespace Ltx.Inference.Kernels;

/// <summary>Runs the project's kernels on one card, in the stream that libtorch computes in on the calling thread.</summary>
internal sealed class CudaLauncher : IKernelLauncher
{
    /// <summary>Threads of every block; the kernels are compiled for no more.</summary>
    internal const uint Threads = 256;

    private readonly ICudaDriver driver;
    private readonly Func<nint> stream;
    private readonly Dictionary<string, nint> functions;

    /// <summary>Loads the kernels.</summary>
    /// <param name="driver">who compiles and runs them</param>
    /// <param name="module">their code</param>
    /// <param name="stream">makes the card the calling thread's own, and gives the stream that libtorch computes in there</param>
    /// <exception cref="InferenceException">The driver does not take them.</exception>
    public CudaLauncher(ICudaDriver driver, KernelModule module, Func<nint> stream)
    {
        this.driver = driver;
        this.stream = stream;
        stream();
        nint loaded = driver.LoadModule(module.Text);
        functions = module.Names.ToDictionary(name => name, name => driver.Function(loaded, name), StringComparer.Ordinal);
    }

    public unsafe void Launch(string kernel, long blocks, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (blocks == 0) return;
        ulong* bits = stackalloc ulong[arguments.Length];
        void** values = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            bits[i] = arguments[i].Bits;
            values[i] = bits + i;
        }
        driver.Launch(functions[kernel], checked((uint)blocks), Threads, stream(), values, arguments);
        // Addresses do not hold the tensors. What is freed from here on is given to whoever comes later in the same stream.
        foreach (KernelArgument argument in arguments) GC.KeepAlive(argument.Tensor);
    }
}
