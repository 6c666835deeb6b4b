using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What one pass takes of one stream.</summary>
/// <param name="Latent">[B, T, C] tokens in the model's type: the target's and those of references and keyframes behind them</param>
/// <param name="Sigma">noise level of the pass; 0 for a stream that is only listened to</param>
/// <param name="Levels">noise level of every token: clean ones have 0 whatever sigma is</param>
/// <param name="Geometry">where the tokens are</param>
/// <param name="Context">[B, S, D] the text for this stream</param>
/// <param name="Groups">of its tokens, where not all see each other freely; null where they do</param>
public sealed record StreamInput(Tensor Latent, double Sigma, TokenLevels Levels, TokenGeometry Geometry, Tensor Context, TokenGroups? Groups = null);
