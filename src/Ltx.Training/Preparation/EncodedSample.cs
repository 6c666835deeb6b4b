using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>What a clip gives to a step, but for its caption.</summary>
/// <param name="Latent">[1, C, F, H, W]</param>
/// <param name="FramesPerSecond">of the clip that was encoded</param>
/// <param name="Keep">[1, F, H, W] bool; null where the kind has no masks</param>
/// <param name="Reference">null where the kind has none</param>
internal sealed record EncodedSample(Tensor Latent, double FramesPerSecond, Tensor? Keep, ReferenceLatent? Reference);
