using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>Operators of libtorch that TorchSharp has no method for, called by name through the dispatcher.</summary>
internal static class Operators
{
    /// <summary>
    /// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension, computed in float32 whatever the type of x.
    /// </summary>
    /// <param name="x">[..., D]</param>
    /// <param name="weight">[D], or null for none</param>
    /// <param name="epsilon">added to the mean square</param>
    internal static unsafe Tensor RmsNorm(Tensor x, Tensor? weight, double epsilon)
    {
        // aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor
        // An optional argument is a pointer to a heap cell, or null for none; the dispatcher takes the cell over.
        StableInterface.Check(StableInterface.NewList(1, out nint shape), "new_list");
        StableInterface.Check(StableInterface.ListPushBack(shape, (ulong)x.shape[^1]), "list_push_back");
        ulong* stack = stackalloc ulong[4];
        stack[0] = Argument(x);
        stack[1] = (ulong)shape;
        stack[2] = weight is null ? 0 : OptionalCell(Argument(weight));
        stack[3] = OptionalCell((ulong)BitConverter.DoubleToInt64Bits(epsilon));
        StableInterface.Check(StableInterface.CallDispatcher("aten::rms_norm", "", stack), "rms_norm");
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    // The dispatcher consumes tensor handles, so it gets one of its own.
    private static ulong Argument(Tensor tensor)
    {
        StableInterface.Check(StableInterface.NewTensorHandle(tensor.Handle, out nint handle), "new_tensor_handle");
        return (ulong)handle;
    }

    // The dispatcher frees the cell with C++'s operator delete, which is free() in glibc's C++ runtime.
    private static unsafe ulong OptionalCell(ulong value)
    {
        ulong* cell = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *cell = value;
        return (ulong)cell;
    }
}
