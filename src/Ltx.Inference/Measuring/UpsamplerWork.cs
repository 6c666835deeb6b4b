using Ltx.Inference.Latents;
using Ltx.Inference.Upsampler;

namespace Ltx.Inference.Measuring;

/// <summary>What making a latent larger is.</summary>
public static class UpsamplerWork
{
    // In space and time, and in a frame alone.
    private const int Taps = 27, FrameTaps = 9;

    /// <param name="latent">what is made larger</param>
    public static Operations Upsample(LatentUpsamplerConfig config, LatentShape latent)
    {
        bool time = config.Kind is UpsamplerKind.Time or UpsamplerKind.SpaceAndTime;
        double before = latent.Tokens, step = config.Up * config.Up * (time ? 2 : 1);
        // Rows and columns are divided again, the frames' first double dropped.
        double after = (time ? 2 * latent.Frames - 1 : latent.Frames)
            * Math.Ceiling((double)latent.Height * config.Up / config.Down) * Math.Ceiling((double)latent.Width * config.Up / config.Down);
        return Operations.Convolution(Taps, config.LatentChannels, config.Channels, before)
            + 2 * config.Blocks * (Operations.Convolution(Taps, config.Channels, config.Channels, before) + Operations.Convolution(Taps, config.Channels, config.Channels, after))
            + Operations.Convolution(time ? Taps : FrameTaps, config.Channels, config.Channels * step, before)
            + Operations.Convolution(Taps, config.Channels, config.LatentChannels, after);
    }
}
