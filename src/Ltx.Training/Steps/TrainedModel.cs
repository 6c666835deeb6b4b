using Ltx.Inference.Latents;
using Ltx.Inference.Transformer;

namespace Ltx.Training.Steps;

/// <summary>The model that a training computes with.</summary>
/// <param name="Transformer">whose LoRA is trained</param>
/// <param name="Scale">of its VAE</param>
/// <param name="BeforeStep">makes it what it is by itself, where others use it between two steps; null where nobody does</param>
internal sealed record TrainedModel(LtxTransformer Transformer, VideoScale Scale, Action? BeforeStep = null);
