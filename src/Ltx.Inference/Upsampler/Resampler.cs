using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Upsampler;

/// <summary>
/// Where the size changes: a convolution to as many channels as there are new positions, these moved to their places, and what
/// follows. (ltx_core/model/upsampler/model.py, spatial_rational_resampler.py, pixel_shuffle.py, 400fd31)
/// </summary>
internal sealed class Resampler
{
    private readonly Conv3d conv;
    private readonly Stride3d step;
    private readonly BlurDownsample? blur;

    /// <param name="scope">where <c>upsampler</c>'s tensors are</param>
    public Resampler(WeightScope scope, LatentUpsamplerConfig config, bool channelsLast)
    {
        bool time = config.Kind is UpsamplerKind.Time or UpsamplerKind.SpaceAndTime, rational = config.Kind == UpsamplerKind.RationalSpace;
        step = new Stride3d(time ? 2 : 1, config.Up, config.Up);
        // The plain ones are the first module of a sequence; the rational one has names.
        conv = new Conv3d(scope[rational ? "conv" : "0"], config.Channels, (long)config.Channels * step.Count, time ? Conv3dKind.ZeroPaddedTime : Conv3dKind.PerFrame, channelsLast: channelsLast);
        blur = rational ? new BlurDownsample(scope["blur_down"], config.Down) : null;
    }

    /// <param name="x">[B, C, F, H, W]</param>
    /// <returns>[B, C, F', H', W'], in the caller's scope</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = SpaceDepth.ToSpace(conv.Forward(x), step);
        if (blur is not null) y = blur.Forward(y);
        // The first latent frame stands for one frame, so it becomes one latent frame, not two.
        if (step.Time == 2) y = y.narrow(2, 1, y.shape[2] - 1);
        return y.MoveToOuterDisposeScope();
    }
}
