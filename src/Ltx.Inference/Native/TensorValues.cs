using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>A tensor's numbers as an array.</summary>
internal static class TensorValues
{
    /// <summary>
    /// All numbers in their order, in one copy. (TorchSharp's <c>data</c> asks the tensor for its size once a number: 40 ms for a 1080p frame
    /// instead of one.)
    /// </summary>
    /// <param name="tensor">of any shape, on any device, of T's type</param>
    internal static T[] ToArray<T>(this Tensor tensor) where T : unmanaged
    {
        using var scope = NewDisposeScope();
        Tensor here = tensor.cpu().contiguous();
        T[] values = MemoryMarshal.Cast<byte, T>(here.bytes).ToArray();
        GC.KeepAlive(here);
        return values;
    }
}
