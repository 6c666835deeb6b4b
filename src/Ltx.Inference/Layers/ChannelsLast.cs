using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// The memory layout in which the channels of one position lie side by side. TorchSharp has no memory formats; the layout is a
/// matter of strides alone, so two permutations around a copy make it, and libtorch's convolutions recognise it.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>Whether the channels of [B, C, F, H, W] lie side by side.</summary>
    public static bool Is(Tensor x) => x.stride(1) == 1;

    /// <summary>[B, C, F, H, W] in the same shape with channels side by side; a copy, unless it is so already.</summary>
    // [B, C, F, H, W] -> [B, F, H, W, C] -> [B, C, F, H, W]
    public static Tensor Of(Tensor x) => x.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3);
}
