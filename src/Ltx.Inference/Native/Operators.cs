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

    /// <summary>x / y, written where another tensor is: one pass in place of a copy and a division.</summary>
    /// <param name="x">any shape</param>
    /// <param name="y">a shape that is broadcast to that</param>
    /// <param name="into">of the shape of x, overwritten; rounded to its type</param>
    internal static unsafe void Divide(Tensor x, Tensor y, Tensor into)
    {
        // aten::div.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)
        ulong* stack = stackalloc ulong[3];
        stack[0] = Argument(x);
        stack[1] = Argument(y);
        stack[2] = Argument(into);
        StableInterface.Check(StableInterface.CallDispatcher("aten::div", "out", stack), "div");
        Tensor.UnsafeCreateTensor((nint)stack[0]).Dispose();
    }

    /// <summary>x y, written where another tensor is, of whatever types: computed in the wider one.</summary>
    /// <param name="x">any shape</param>
    /// <param name="y">a shape that is broadcast to that</param>
    /// <param name="into">of the shape of x, overwritten; rounded to its type</param>
    internal static unsafe void Multiply(Tensor x, Tensor y, Tensor into)
    {
        // aten::mul.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)
        ulong* stack = stackalloc ulong[3];
        stack[0] = Argument(x);
        stack[1] = Argument(y);
        stack[2] = Argument(into);
        StableInterface.Check(StableInterface.CallDispatcher("aten::mul", "out", stack), "mul");
        Tensor.UnsafeCreateTensor((nint)stack[0]).Dispose();
    }

    /// <summary>a b^T of float8 matrices, each scaled, summed in float32; on CUDA the tensor cores' own product.</summary>
    /// <param name="a">[M, K] float8_e4m3fn, row by row; K a multiple of 16</param>
    /// <param name="b">[N, K] float8_e4m3fn, row by row; N a multiple of 16</param>
    /// <param name="scaleA">[M, 1] float32: one for every row of a</param>
    /// <param name="scaleB">[N, 1] float32: one for every row of b</param>
    /// <param name="bias">[N] bfloat16, or null for none</param>
    /// <param name="into">[M, N] bfloat16 to write into; null for a new tensor</param>
    /// <returns>[M, N] bfloat16, the only type that row-wise scales come in</returns>
    internal static unsafe Tensor ScaledProduct(Tensor a, Tensor b, Tensor scaleA, Tensor scaleB, Tensor? bias, Tensor? into = null)
    {
        // aten::_scaled_mm(Tensor self, Tensor mat2, Tensor scale_a, Tensor scale_b, Tensor? bias=None, Tensor? scale_result=None,
        //   ScalarType? out_dtype=None, bool use_fast_accum=False) -> Tensor, and the same with Tensor(a!) out behind it
        using Tensor columns = b.t(), columnScales = scaleB.t();
        ulong* stack = stackalloc ulong[9];
        stack[0] = Argument(a);
        stack[1] = Argument(columns);
        stack[2] = Argument(scaleA);
        stack[3] = Argument(columnScales);
        stack[4] = bias is null ? 0 : OptionalCell(Argument(bias));
        stack[5] = 0;
        stack[6] = OptionalCell((ulong)ElementType.BFloat16);
        // Sums within the tensor core, as the checkpoints' authors have them.
        stack[7] = 1;
        if (into is not null) stack[8] = Argument(into);
        StableInterface.Check(StableInterface.CallDispatcher("aten::_scaled_mm", into is null ? "" : "out", stack), "_scaled_mm");
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>
    /// Pictures of another size, by a filter that is widened where they become smaller: PyTorch's <c>interpolate(..., antialias=True)</c>, which
    /// torchvision's <c>resize</c> is.
    /// </summary>
    /// <param name="x">[B, C, H, W] floating point</param>
    /// <param name="height">of the result</param>
    /// <param name="width">of the result</param>
    /// <param name="isCubic">cubic, which swings over; otherwise linear, which does not</param>
    internal static unsafe Tensor ResizeAntialiased(Tensor x, long height, long width, bool isCubic)
    {
        // aten::_upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor,
        // and _upsample_bilinear2d_aa of the same form
        StableInterface.Check(StableInterface.NewList(2, out nint size), "new_list");
        StableInterface.Check(StableInterface.ListPushBack(size, (ulong)height), "list_push_back");
        StableInterface.Check(StableInterface.ListPushBack(size, (ulong)width), "list_push_back");
        ulong* stack = stackalloc ulong[5];
        stack[0] = Argument(x);
        stack[1] = (ulong)size;
        for (int i = 2; i < 5; i++) stack[i] = 0;
        string name = isCubic ? "_upsample_bicubic2d_aa" : "_upsample_bilinear2d_aa";
        StableInterface.Check(StableInterface.CallDispatcher($"aten::{name}", "", stack), name);
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>Whether oneDNN convolves bfloat16 on this processor.</summary>
    internal static unsafe bool ConvolvesBFloat16WithOneDnn()
    {
        // mkldnn::_is_mkldnn_bf16_supported() -> bool
        ulong* stack = stackalloc ulong[1];
        StableInterface.Check(StableInterface.CallDispatcher("mkldnn::_is_mkldnn_bf16_supported", "", stack), "_is_mkldnn_bf16_supported");
        return (byte)stack[0] != 0;
    }

    /// <summary>a b with float32 sums and a float32 result; of bfloat16 numbers on CUDA by the tensor cores, which multiply them exactly.</summary>
    /// <param name="a">[M, K]</param>
    /// <param name="b">[K, N]</param>
    /// <returns>[M, N] float32</returns>
    internal static unsafe Tensor ProductInFloat32(Tensor a, Tensor b)
    {
        if (a.device_type != TorchSharp.DeviceType.CUDA || a.dtype != ScalarType.BFloat16 || b.dtype != ScalarType.BFloat16)
        {
            return a.to(ScalarType.Float32).mm(b.to(ScalarType.Float32));
        }
        // aten::mm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor; of CUDA alone
        ulong* stack = stackalloc ulong[3];
        stack[0] = Argument(a);
        stack[1] = Argument(b);
        stack[2] = (ulong)ElementType.Float32;
        StableInterface.Check(StableInterface.CallDispatcher("aten::mm", "dtype", stack), "mm");
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>The kernel that scaled_dot_product_attention would take, without a mask: the value of libtorch's SDPBackend.</summary>
    /// <param name="queries">[B, H, T, D]</param>
    /// <param name="keys">[B, H, S, D]</param>
    /// <param name="values">[B, H, S, D]</param>
    internal static unsafe int ChosenAttention(Tensor queries, Tensor keys, Tensor values)
    {
        // aten::_fused_sdp_choice(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False,
        //   *, float? scale=None, bool enable_gqa=False) -> int
        ulong* stack = stackalloc ulong[8];
        stack[0] = Argument(queries);
        stack[1] = Argument(keys);
        stack[2] = Argument(values);
        for (int i = 3; i < 8; i++) stack[i] = 0;
        StableInterface.Check(StableInterface.CallDispatcher("aten::_fused_sdp_choice", "", stack), "_fused_sdp_choice");
        return (int)stack[0];
    }

    /// <summary>Another object for the same tensor, of the caller's: whatever one of them is given, gradients too, both have.</summary>
    internal static Tensor Same(Tensor tensor) => Tensor.UnsafeCreateTensor((nint)Argument(tensor));

    /// <summary>A tensor as an argument: the dispatcher consumes handles, so it gets one of its own.</summary>
    internal static ulong Argument(Tensor tensor)
    {
        StableInterface.Check(StableInterface.NewTensorHandle(tensor.Handle, out nint handle), "new_tensor_handle");
        // The number that was handed over does not hold the tensor.
        GC.KeepAlive(tensor);
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
