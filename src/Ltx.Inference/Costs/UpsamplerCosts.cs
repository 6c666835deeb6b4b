using Ltx.Inference.Latents;
using Ltx.Inference.Upsampler;

namespace Ltx.Inference.Costs;

/// <summary>What making a latent larger holds beside weights, and what it computes: LatentUpsampler.Forward.</summary>
internal sealed class UpsamplerCosts
{
    // In space and time, and in a frame alone.
    private const int Taps = 27, FrameTaps = 9;

    // Of the larger latent: two at half size, the convolution with four times the channels and its rearrangement, and four of a block.
    private const double Tensors = 2.0 / 4 + 5;

    /// <param name="latent">what is made larger</param>
    public UpsamplerCosts(LatentUpsamplerConfig config, LatentShape latent, CostBasis basis)
    {
        bool time = config.Kind is UpsamplerKind.Time or UpsamplerKind.SpaceAndTime;
        double before = latent.Tokens, step = config.Up * config.Up * (time ? 2 : 1);
        // Rows and columns are divided again, the frames' first double dropped.
        double after = (time ? 2 * latent.Frames - 1 : latent.Frames)
            * Math.Ceiling((double)latent.Height * config.Up / config.Down) * Math.Ceiling((double)latent.Width * config.Up / config.Down);
        Memory.Take(Tensors * after * config.Channels * basis.Element);
        Operations = Operations.Convolution(Taps, config.LatentChannels, config.Channels, before)
            + 2 * config.Blocks * (Operations.Convolution(Taps, config.Channels, config.Channels, before) + Operations.Convolution(Taps, config.Channels, config.Channels, after))
            + Operations.Convolution(time ? Taps : FrameTaps, config.Channels, config.Channels * step, before)
            + Operations.Convolution(Taps, config.Channels, config.LatentChannels, after);
    }

    /// <summary>The worst moment.</summary>
    public MemoryLedger Memory { get; } = new();

    public Operations Operations { get; }
}
