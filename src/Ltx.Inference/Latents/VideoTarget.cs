namespace Ltx.Inference.Latents;

/// <summary>The clip that is made: what conditionings place themselves against.</summary>
/// <param name="Shape">its latent grid</param>
/// <param name="Scale">what a cell stands for</param>
/// <param name="FramesPerSecond">frames of the clip a second</param>
public sealed record VideoTarget(LatentShape Shape, VideoScale Scale, double FramesPerSecond);
