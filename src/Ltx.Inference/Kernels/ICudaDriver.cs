namespace Ltx.Inference.Kernels;

/// <summary>What running kernels takes of the CUDA driver.</summary>
internal interface ICudaDriver
{
    /// <summary>Compiles a module for the calling thread's card, and loads it there.</summary>
    /// <param name="ptx">its text</param>
    /// <exception cref="InferenceException">The driver does not take it.</exception>
    nint LoadModule(string ptx);

    /// <summary>One kernel of a module.</summary>
    /// <exception cref="InferenceException">The module has none of that name.</exception>
    nint Function(nint module, string name);

    /// <param name="function">the kernel</param>
    /// <param name="blocks">of the grid's only dimension</param>
    /// <param name="threads">of a block's only dimension</param>
    /// <param name="stream">behind whose work it runs</param>
    /// <param name="values">the address of every argument's value; read before this returns</param>
    /// <param name="arguments">the same arguments, for who looks after them</param>
    unsafe void Launch(nint function, uint blocks, uint threads, nint stream, void** values, ReadOnlySpan<KernelArgument> arguments);
}
