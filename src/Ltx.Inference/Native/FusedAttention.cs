using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>Attention of queries to some of their keys, and what it takes to put it together with that to the others.</summary>
/// <param name="Result">[B, H, T, D] in the layout of the queries</param>
/// <param name="LogSumExp">[B, H, T, 1] of the scaled logits, in float32 at least</param>
internal readonly record struct PartialAttention(Tensor Result, Tensor LogSumExp);

/// <summary>
/// softmax(q k^T / sqrt(D)) v without a mask, by kernels that never hold all logits. The result lies in memory as the queries do: where those come
/// token after token from a projection, it goes into the next one without a copy.
/// </summary>
internal static class FusedAttention
{
    // Logits that the plain form holds at once: 256 MB.
    private const long LogitsAtOnce = 1 << 26;

    // Of CUDA's flash operator, which scaled_dot_product_attention itself fills heads up for.
    private const long FlashHeadMultiple = 8;

    /// <param name="queries">[B, H, T, D]</param>
    /// <param name="keys">[B, H, S, D]</param>
    /// <param name="values">[B, H, S, D]</param>
    /// <returns>[B, H, T, D]</returns>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values) =>
        queries.device_type == DeviceType.CUDA && !Differentiation.IsOn && AttentionChoice.Of(queries, keys, values) is { Backend: AttentionBackend.Cudnn, IsOverruled: true }
            ? CudaAttention.Cudnn(queries, keys, values)
            : nn.functional.scaled_dot_product_attention(queries, keys, values);

    /// <summary>The same with its log-sum-exp, which libtorch gives by the name of a kernel alone.</summary>
    /// <exception cref="InvalidOperationException">Gradients are to go through: that is not to be had here.</exception>
    public static PartialAttention AttendWithLogSumExp(Tensor queries, Tensor keys, Tensor values) => Differentiation.IsOn
        ? throw new InvalidOperationException("Attention among groups of tokens has no derivative here.")
        : ByKernel(queries, keys, values);

    private static PartialAttention ByKernel(Tensor queries, Tensor keys, Tensor values) => AttentionChoice.Of(queries, keys, values).Backend switch
    {
        AttentionBackend.Flash when queries.device_type != DeviceType.CUDA => FlashOnHost(queries, keys, values),
        AttentionBackend.Cudnn when CudaAttention.HasCudnn => CudaAttention.CudnnWithLogSumExp(queries, keys, values),
        AttentionBackend.Cudnn or AttentionBackend.Flash when CudaAttention.HasFlash && queries.size(-1) % FlashHeadMultiple == 0 =>
            CudaAttention.FlashWithLogSumExp(queries, keys, values),
        // float32 and float64 on a card, and heads of a width that its kernels do not take.
        _ => Plain(queries, keys, values, LogitsAtOnce),
    };

    /// <summary>The formula, some rows at a time, computed in float32 at least: for types and widths that no kernel takes.</summary>
    /// <param name="logitsAtOnce">how many of them are held</param>
    internal static PartialAttention Plain(Tensor queries, Tensor keys, Tensor values, long logitsAtOnce)
    {
        using var scope = NewDisposeScope();
        Tensor q = queries.AtLeastFloat32() / Math.Sqrt(queries.size(-1)), k = keys.AtLeastFloat32(), v = values.AtLeastFloat32();
        long tokens = q.size(2), rows = Math.Max(1, logitsAtOnce / (q.size(0) * q.size(1) * k.size(2)));
        List<Tensor> results = [], sums = [];
        for (long start = 0; start < tokens; start += rows)
        {
            using var some = NewDisposeScope();
            Tensor logits = einsum("bhtd,bhsd->bhts", q.narrow(2, start, Math.Min(rows, tokens - start)), k);
            sums.Add(logits.logsumexp(-1, keepdim: true).MoveToOuterDisposeScope());
            results.Add(einsum("bhts,bhsd->bthd", logits.softmax(-1), v).to(queries.dtype).contiguous().MoveToOuterDisposeScope());
        }
        // [B, T, H, D] -> [B, H, T, D]
        return new PartialAttention(cat(results, 1).transpose(1, 2).MoveToOuterDisposeScope(), cat(sums, 2).MoveToOuterDisposeScope());
    }

    private static unsafe PartialAttention FlashOnHost(Tensor queries, Tensor keys, Tensor values)
    {
        // aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0.0, bool is_causal=False, *,
        //   Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)
        ulong* stack = stackalloc ulong[7];
        stack[0] = Operators.Argument(queries);
        stack[1] = Operators.Argument(keys);
        stack[2] = Operators.Argument(values);
        for (int i = 3; i < 7; i++) stack[i] = 0;
        StableInterface.Check(StableInterface.CallDispatcher("aten::_scaled_dot_product_flash_attention_for_cpu", "", stack), "flash attention");
        using Tensor sums = Tensor.UnsafeCreateTensor((nint)stack[1]);
        // [B, H, T] -> [B, H, T, 1]
        return new PartialAttention(Tensor.UnsafeCreateTensor((nint)stack[0]), sums.unsqueeze(-1));
    }
}
