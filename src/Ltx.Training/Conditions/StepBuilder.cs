using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Training.Sampling;
using static TorchSharp.torch;

namespace Ltx.Training.Conditions;

/// <summary>
/// Makes of a clip what a step trains with: noise, and what is given clean. The conditionings are those of inference, so that a LoRA is trained with
/// what it will meet. Source of the rule: ltx_trainer/training_strategies/flexible.py (400fd31), which puts a reference's tokens in front of the
/// target's; attention does not care.
/// </summary>
/// <param name="given">what of a clip is given</param>
/// <param name="distribution">of noise levels</param>
/// <param name="scale">of the VAE</param>
internal sealed class StepBuilder(GivenConditions given, SigmaDistribution distribution, VideoScale scale)
{
    /// <param name="sample">the clip; whatever is needed of it is there</param>
    /// <returns>in the caller's scope</returns>
    public StepInput Build(TrainingSample sample, IStepDraws draws)
    {
        using var scope = NewDisposeScope();
        Tensor latent = sample.Latent, tokens = Patchifier.VideoTokens(latent);
        VideoTarget target = new(new LatentShape((int)latent.shape[2], (int)latent.shape[3], (int)latent.shape[4]), scale, sample.FramesPerSecond);
        float sigma = SigmaSampler.Draw(distribution, target.Shape.Tokens, draws);
        Tensor noise = draws.Noise(tokens.shape, latent.device), velocity = noise.to(tokens.AtLeastFloat32().dtype) - tokens;
        LatentState state = LatentState.Initial(tokens, TokenPositions.Video(target.Shape, scale, sample.FramesPerSecond, latent.device));
        foreach (ICondition condition in Drawn(sample, target, draws)) state = condition.Apply(state, target);
        Tensor unused = zeros([1, state.Latent.shape[1] - state.TargetTokens, noise.shape[2]], noise.dtype, noise.device);
        state = state.WithNoise(cat([noise, unused], 1), sigma);
        foreach (Tensor kept in new[] { state.Latent, state.Clean, state.DenoiseMask, state.Positions, velocity }) kept.MoveToOuterDisposeScope();
        return new StepInput(state, sigma, velocity);
    }

    // One number is drawn for each that there is, in this order, whether or not it is used.
    private IEnumerable<ICondition> Drawn(TrainingSample sample, VideoTarget target, IStepDraws draws)
    {
        bool IsGiven(double share) => share > 0 && draws.Uniform() < share;
        if (IsGiven(given.FirstFrame)) yield return new LatentFrameCondition(sample.Latent.narrow(2, 0, 1), 0);
        if (IsGiven(given.Mask)) yield return new MaskCondition(sample.Latent, sample.Keep!);
        if (given.Rectangle is { } rectangle && IsGiven(1)) yield return new MaskCondition(sample.Latent, Inside(rectangle, target).to(sample.Latent.device));
        if (IsGiven(given.Reference))
        {
            yield return new ReferenceCondition(sample.Reference!.Latent, given.ReferenceDownscale, given.ReferenceTemporalScale);
        }
    }

    // [1, F, H, W]: whole cells only, those that begin and end in it. Source: _compute_spatial_crop_mask of the same file.
    private static Tensor Inside(KeptRectangle rectangle, VideoTarget target)
    {
        (LatentShape shape, VideoScale scale) = (target.Shape, target.Scale);
        (int top, int bottom) = (Math.Clamp(rectangle.Top / scale.Height, 0, shape.Height), Math.Clamp(rectangle.Bottom / scale.Height, 0, shape.Height));
        (int left, int right) = (Math.Clamp(rectangle.Left / scale.Width, 0, shape.Width), Math.Clamp(rectangle.Right / scale.Width, 0, shape.Width));
        Tensor keep = zeros([1, shape.Frames, shape.Height, shape.Width]);
        if (bottom > top && right > left) keep.narrow(2, top, bottom - top).narrow(3, left, right - left).fill_(1);
        return keep;
    }
}
