using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// Squares of pixels as channels. Channel order is (c, column, row): the column inside a square varies <b>slower</b> than the row,
/// unlike everywhere else. (ltx_core/model/video_vae/ops.py, 400fd31)
/// </summary>
internal static class Patches
{
    /// <summary>[B, C, F, H*p, W*p] -> [B, C*p*p, F, H, W], in the layout asked for; a copy</summary>
    public static Tensor ToChannels(Tensor video, int size, bool channelsLast)
    {
        long batch = video.shape[0], channels = video.shape[1], frames = video.shape[2];
        long height = video.shape[3] / size, width = video.shape[4] / size, depth = channels * size * size;
        // [B, C, F, H*p, W*p] -> [B, C, F, H, row, W, column]
        Tensor squares = video.reshape(batch, channels, frames, height, size, width, size);
        return channelsLast
            // -> [B, F, H, W, C, column, row] -> [B, F, H, W, C*p*p] -> [B, C*p*p, F, H, W]
            ? squares.permute(0, 2, 3, 5, 1, 6, 4).reshape(batch, frames, height, width, depth).permute(0, 4, 1, 2, 3)
            // -> [B, C, column, row, F, H, W] -> [B, C*p*p, F, H, W]
            : squares.permute(0, 1, 6, 4, 2, 3, 5).reshape(batch, depth, frames, height, width);
    }

    /// <summary>[B, C*p*p, F, H, W] -> [B, C, F, H*p, W*p], contiguous</summary>
    public static Tensor ToPixels(Tensor x, int size)
    {
        long batch = x.shape[0], channels = x.shape[1] / (size * size), frames = x.shape[2], height = x.shape[3], width = x.shape[4];
        // [B, C*p*p, F, H, W] -> [B, C, column, row, F, H, W] -> [B, C, F, H, row, W, column] -> [B, C, F, H*p, W*p]
        return x.reshape(batch, channels, size, size, frames, height, width).permute(0, 1, 4, 5, 3, 6, 2)
            .reshape(batch, channels, frames, height * size, width * size).contiguous();
    }
}
