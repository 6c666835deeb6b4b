using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Rearrangements between positions and channels. Channel order is (c, time, height, width), the last fastest, as in
/// ltx_core/model/video_vae/sampling.py and upsampler/pixel_shuffle.py (400fd31). Both keep the memory layout.
/// </summary>
internal static class SpaceDepth
{
    /// <summary>[B, C, F*t, H*h, W*w] -> [B, C*t*h*w, F, H, W]</summary>
    public static Tensor ToDepth(Tensor x, Stride3d step)
    {
        long batch = x.shape[0], channels = x.shape[1];
        long frames = x.shape[2] / step.Time, height = x.shape[3] / step.Height, width = x.shape[4] / step.Width;
        long depth = channels * step.Count;
        // [B, C, F*t, H*h, W*w] -> [B, C, F, t, H, h, W, w]
        Tensor cells = x.reshape(batch, channels, frames, step.Time, height, step.Height, width, step.Width);
        return ChannelsLast.Is(x)
            // -> [B, F, H, W, C, t, h, w] -> [B, F, H, W, C*t*h*w] -> [B, C*t*h*w, F, H, W]
            ? cells.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(batch, frames, height, width, depth).permute(0, 4, 1, 2, 3)
            // -> [B, C, t, h, w, F, H, W] -> [B, C*t*h*w, F, H, W]
            : cells.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(batch, depth, frames, height, width);
    }

    /// <summary>[B, C*t*h*w, F, H, W] -> [B, C, F*t, H*h, W*w]</summary>
    public static Tensor ToSpace(Tensor x, Stride3d step)
    {
        long batch = x.shape[0], channels = x.shape[1] / step.Count;
        long frames = x.shape[2], height = x.shape[3], width = x.shape[4];
        long outFrames = frames * step.Time, outHeight = height * step.Height, outWidth = width * step.Width;
        // [B, C*t*h*w, F, H, W] -> [B, C, t, h, w, F, H, W]
        Tensor cells = x.reshape(batch, channels, step.Time, step.Height, step.Width, frames, height, width);
        return ChannelsLast.Is(x)
            // -> [B, F, t, H, h, W, w, C] -> [B, F*t, H*h, W*w, C] -> [B, C, F*t, H*h, W*w]
            ? cells.permute(0, 5, 2, 6, 3, 7, 4, 1).reshape(batch, outFrames, outHeight, outWidth, channels).permute(0, 4, 1, 2, 3)
            // -> [B, C, F, t, H, h, W, w] -> [B, C, F*t, H*h, W*w]
            : cells.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(batch, channels, outFrames, outHeight, outWidth);
    }
}
