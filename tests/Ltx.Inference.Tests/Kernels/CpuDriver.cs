using System.Runtime.InteropServices;
using System.Text;
using Ltx.Inference.Kernels;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Kernels;

/// <summary>A driver whose card is this processor. It takes what the real one takes, and besides looks at it: module, stream, sizes, and memory that is gone.</summary>
internal sealed unsafe class CpuDriver(CpuKernels kernels, ThreadOrder order, int step) : ICudaDriver
{
    private const int MessageBytes = 256;

    // A grid's first dimension on every card.
    private const uint MostBlocks = int.MaxValue;

    /// <summary>What libtorch's current stream is taken to be.</summary>
    public const nint Stream = 0x5731;

    private static readonly nint Module = 17;

    public nint LoadModule(string ptx)
    {
        Assert.StartsWith("// sources ", ptx, StringComparison.Ordinal);
        Assert.Contains(".target sm_80", ptx, StringComparison.Ordinal);
        return Module;
    }

    public nint Function(nint module, string name)
    {
        Assert.Equal(Module, module);
        return NativeLibrary.GetExport(kernels.Library, $"run_{name}");
    }

    public void Launch(nint function, uint blocks, uint threads, nint stream, void** values, ReadOnlySpan<KernelArgument> arguments)
    {
        Assert.Equal(Stream, stream);
        Assert.InRange(blocks, 1u, MostBlocks);
        Assert.Equal(CudaLauncher.Threads, threads);
        // Bytes in front of each address and behind it that are its tensor's.
        long* extents = stackalloc long[2 * arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            (extents[2 * i], extents[2 * i + 1]) = (0, 0);
            if (arguments[i].Tensor is not { } tensor) continue;
            Assert.False(tensor.IsInvalid);
            Assert.Equal((ulong)ForeignMemory.Address(tensor), *(ulong*)values[i]);
            extents[2 * i + 1] = Span(tensor) * tensor.ElementSize;
        }
        byte* message = stackalloc byte[MessageBytes];
        int status = ((delegate* unmanaged<int, void**, long*, long, int, int, int, byte*, int, int>)function)(
            arguments.Length, values, extents, blocks, step, (int)threads, (int)order, message, MessageBytes);
        if (status != 0) throw new InferenceException(Fault.Internal, Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(message)));
    }

    // Numbers from a tensor's first to its last, both included.
    private static long Span(Tensor tensor) =>
        tensor.numel() == 0 ? 0 : 1 + tensor.shape.Zip(tensor.stride(), (size, stride) => (size - 1) * stride).Sum();
}
