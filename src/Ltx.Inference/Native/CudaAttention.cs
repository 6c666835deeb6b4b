using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>
/// CUDA's operators of attention that give its log-sum-exp, by the typed functions of libtorch's C interface (c_shim_cuda.h). The dispatcher's form
/// of it cannot return their results: it takes the last one's type for the first one and so on (aoti_torch_call_dispatcher, 2.10), and two in the
/// midst are numbers.
/// </summary>
internal static unsafe class CudaAttention
{
    private static readonly nint CudnnFunction = Export("aoti_torch_cuda__scaled_dot_product_cudnn_attention");
    private static readonly nint FlashFunction = Export("aoti_torch_cuda__scaled_dot_product_flash_attention");

    // Of both operators: output, logsumexp, cum_seq_q, cum_seq_k, two of the random state and debug_attn_mask; max_q and max_k.
    private const int TensorResults = 7, NumberResults = 2;

    /// <summary>Whether cuDNN's is there, in a version that is right for any number of tokens.</summary>
    public static bool HasCudnn { get; } = CudnnFunction != 0 && CudnnVersion.OfLibTorch() is { IsOld: false };

    public static bool HasFlash => FlashFunction != 0;

    /// <summary>cuDNN's kernel, without the log-sum-exp.</summary>
    public static Tensor Cudnn(Tensor queries, Tensor keys, Tensor values)
    {
        nint* results = stackalloc nint[TensorResults];
        CallCudnn(queries, keys, values, 0, results);
        Free(results, from: 1);
        return Tensor.UnsafeCreateTensor(results[0]);
    }

    /// <summary>cuDNN's kernel.</summary>
    public static PartialAttention CudnnWithLogSumExp(Tensor queries, Tensor keys, Tensor values)
    {
        nint* results = stackalloc nint[TensorResults];
        CallCudnn(queries, keys, values, 1, results);
        Free(results, from: 2);
        // [B, H, T, 1]
        return new PartialAttention(Tensor.UnsafeCreateTensor(results[0]), Tensor.UnsafeCreateTensor(results[1]));
    }

    /// <summary>FlashAttention-2, for half-precision types and heads of a multiple of 8.</summary>
    public static PartialAttention FlashWithLogSumExp(Tensor queries, Tensor keys, Tensor values)
    {
        nint* tensors = stackalloc nint[TensorResults];
        long* numbers = stackalloc long[NumberResults];
        // (query, key, value, double dropout_p, int32_t is_causal, int32_t return_debug_mask, double* scale, ret0, ... ret8)
        int status = ((delegate* unmanaged<
            nint, nint, nint, double, int, int, double*,
            nint*, nint*, nint*, nint*, long*, long*, nint*, nint*, nint*, int>)FlashFunction)(
            queries.Handle, keys.Handle, values.Handle, 0, 0, 0, null,
            tensors, tensors + 1, tensors + 2, tensors + 3, numbers, numbers + 1, tensors + 4, tensors + 5, tensors + 6);
        KeepAlive(queries, keys, values);
        StableInterface.Check(status, "_scaled_dot_product_flash_attention");
        Free(tensors, from: 2);
        using Tensor sums = Tensor.UnsafeCreateTensor(tensors[1]);
        // [B, H, T] -> [B, H, T, 1]
        return new PartialAttention(Tensor.UnsafeCreateTensor(tensors[0]), sums.unsqueeze(-1));
    }

    private static void CallCudnn(Tensor queries, Tensor keys, Tensor values, int withLogSumExp, nint* tensors)
    {
        long* numbers = stackalloc long[NumberResults];
        // (query, key, value, AtenTensorHandle* attn_bias, int32_t compute_log_sumexp, double dropout_p, int32_t is_causal, int32_t return_debug_mask,
        //   double* scale, ret0, ... ret8)
        int status = ((delegate* unmanaged<
            nint, nint, nint, nint*, int, double, int, int, double*,
            nint*, nint*, nint*, nint*, long*, long*, nint*, nint*, nint*, int>)CudnnFunction)(
            queries.Handle, keys.Handle, values.Handle, null, withLogSumExp, 0, 0, 0, null,
            tensors, tensors + 1, tensors + 2, tensors + 3, numbers, numbers + 1, tensors + 4, tensors + 5, tensors + 6);
        KeepAlive(queries, keys, values);
        StableInterface.Check(status, "_scaled_dot_product_cudnn_attention");
    }

    // A handle stands also for a tensor that is none.
    private static void Free(nint* tensors, int from)
    {
        for (int i = from; i < TensorResults; i++)
        {
            if (tensors[i] != 0) StableInterface.Check(StableInterface.DeleteTensor(tensors[i]), "delete_tensor_object");
        }
    }

    private static void KeepAlive(Tensor queries, Tensor keys, Tensor values)
    {
        GC.KeepAlive(queries);
        GC.KeepAlive(keys);
        GC.KeepAlive(values);
    }

    private static nint Export(string name) => LibTorch.TryGetCudaExport(name, out nint function) ? function : 0;
}
