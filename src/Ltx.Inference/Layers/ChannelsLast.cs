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

    /// <summary>Memory for [B, C, F', H, W] in the layout of <paramref name="x"/>.</summary>
    /// <param name="x">[B, C, F, H, W]</param>
    public static Tensor Empty(Tensor x, long frames) => Is(x)
        ? x.new_empty([x.shape[0], frames, x.shape[3], x.shape[4], x.shape[1]]).permute(0, 4, 1, 2, 3)
        : x.new_empty([x.shape[0], x.shape[1], frames, x.shape[3], x.shape[4]]);

    /// <summary>[B, C, F, H, W] in the same shape with channels side by side; a copy, unless it is so already.</summary>
    // [B, C, F, H, W] -> [B, F, H, W, C] -> [B, C, F, H, W]
    public static Tensor Of(Tensor x) => x.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3);
}
