using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Measuring;

/// <summary>What encoding and decoding a clip is.</summary>
public static class VideoVaeWork
{
    // Every convolution is 3 x 3 x 3.
    private const int Taps = 27, Rgb = 3;

    /// <param name="clip">on the grid of the latents</param>
    public static Operations Encode(VideoVaeConfig config, PixelShape clip)
    {
        double frames = clip.Frames, cells = (double)clip.Height * clip.Width / (config.PatchSize * config.PatchSize);
        Operations sum = Convolution(Rgb * config.PatchSize * config.PatchSize, config.LatentChannels, frames * cells);
        int channels = config.LatentChannels;
        foreach (VideoVaeBlock block in config.EncoderBlocks)
        {
            // The clip's first frame is doubled where time is halved.
            double even = block.Stride.Time == 2 ? frames + 1 : frames, area = block.Stride.Height * block.Stride.Width;
            sum += block.Kind switch
            {
                VideoVaeBlockKind.Residual => 2 * block.Layers * Convolution(block.InChannels, block.InChannels, frames * cells),
                VideoVaeBlockKind.StridedConv => Convolution(block.InChannels, block.OutChannels, even / block.Stride.Time * cells / area),
                _ => Convolution(block.InChannels, block.OutChannels / block.Stride.Count, even * cells),
            };
            (frames, cells, channels) = (even / block.Stride.Time, cells / area, block.OutChannels);
        }
        return sum + Convolution(channels, config.LatentChannels + 1, frames * cells);
    }

    /// <param name="latent">of the clip</param>
    public static Operations Decode(VideoVaeConfig config, LatentShape latent)
    {
        double frames = latent.Frames, cells = (double)latent.Height * latent.Width;
        Operations sum = Convolution(config.LatentChannels, config.DecoderFirstChannels, frames * cells);
        foreach (VideoVaeBlock block in config.DecoderBlocks)
        {
            if (block.Kind == VideoVaeBlockKind.Residual)
            {
                sum += 2 * block.Layers * Convolution(block.InChannels, block.InChannels, frames * cells);
                continue;
            }
            sum += Convolution(block.InChannels, (double)block.OutChannels * block.Stride.Count, frames * cells);
            // Of the doubled frames the clip's first one is dropped.
            if (block.Stride.Time == 2) frames = 2 * frames - 1;
            cells *= block.Stride.Height * block.Stride.Width;
        }
        return sum + Convolution(config.DecoderLastChannels, Rgb * config.PatchSize * config.PatchSize, frames * cells);
    }

    private static Operations Convolution(double from, double to, double positions) => Operations.Convolution(Taps, from, to, positions);
}
