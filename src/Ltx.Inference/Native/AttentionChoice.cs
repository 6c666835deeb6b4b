using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>libtorch's kernels for attention: its SDPBackend (aten/src/ATen/SDPBackend.h, 2.10).</summary>
internal enum AttentionBackend
{
    Math = 0,
    Flash = 1,
    Efficient = 2,
    Cudnn = 3,
}

/// <summary>Which kernel computes attention without a mask: decided once for each device, type and width of a head.</summary>
/// <param name="Backend">whose kernel</param>
/// <param name="IsOverruled">whether libtorch's chooser would take another one, so that this one has to be called by its name</param>
internal readonly record struct AttentionChoice(AttentionBackend Backend, bool IsOverruled)
{
    // Hopper and Blackwell: cuDNN's kernel reaches 620 TFLOP/s of an H100, FlashAttention-2, which is chosen otherwise, 400.
    private static readonly int[] FasterWithCudnn = [90, 100, 103];

    // Of check_cudnn_tensor_shapes (aten/src/ATen/native/transformers/cuda/sdp_utils.cpp, 2.10): what every such card takes.
    private const long WidestHead = 128, HeadMultiple = 8;

    // With it a person tells libtorch's chooser to take other kernels first.
    private const string Deprioritized = "TORCH_CUDNN_SDPA_DEPRIORITIZED";

    private static readonly ConcurrentDictionary<(int Device, ScalarType Type, long HeadFeatures, bool OneKey), AttentionChoice> Known = new();

    /// <param name="queries">[B, H, T, D]</param>
    /// <param name="keys">[B, H, S, D]</param>
    /// <param name="values">[B, H, S, D]</param>
    public static AttentionChoice Of(Tensor queries, Tensor keys, Tensor values)
    {
        DeviceType device = queries.device_type;
        // Where nothing is computed nothing is chosen: any kernel that never holds all logits will do.
        if (device == DeviceType.META) return new AttentionChoice(AttentionBackend.Flash, IsOverruled: false);
        bool isCuda = device == DeviceType.CUDA;
        (int, ScalarType, long, bool) kind = (isCuda ? queries.device_index : -1, queries.dtype, queries.size(-1), keys.size(-2) == 1);
        if (Known.TryGetValue(kind, out AttentionChoice known)) return known;
        AttentionBackend chosen = (AttentionBackend)Operators.ChosenAttention(queries, keys, values), better = chosen;
        if (isCuda && CudaAttention.HasCudnn && Environment.GetEnvironmentVariable(Deprioritized) != "1")
        {
            int capability = CudaRuntime.Capability(queries.device_index);
            better = Better(chosen, capability, CudnnVersion.OfLibTorch(), queries.dtype, queries.size(-1), keys.size(-2));
        }
        return Known[kind] = new AttentionChoice(better, better != chosen);
    }

    /// <summary>
    /// cuDNN's where libtorch's chooser takes another kernel although the card is faster with it, its version is right for any number of tokens, and
    /// it takes such tensors: the chooser of a given libtorch knows fewer cards.
    /// </summary>
    /// <param name="chosen">by libtorch</param>
    /// <param name="capability">of the card, 90 for 9.0</param>
    /// <param name="cudnn">null where there is none</param>
    public static AttentionBackend Better(
        AttentionBackend chosen, int capability, CudnnVersion? cudnn, ScalarType type, long headFeatures, long keys) =>
        IsFasterWithCudnn(capability) && cudnn is { IsOld: false } && type is ScalarType.BFloat16 or ScalarType.Float16
        && headFeatures <= WidestHead && headFeatures % HeadMultiple == 0 && keys > 1
            ? AttentionBackend.Cudnn
            : chosen;

    /// <param name="capability">of the card, 90 for 9.0</param>
    public static bool IsFasterWithCudnn(int capability) => FasterWithCudnn.Contains(capability);
}
