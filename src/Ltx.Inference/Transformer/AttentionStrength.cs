using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>How strongly tokens may look at each other, as a number from 0 (not at all) to 1 (freely).</summary>
public static class AttentionStrength
{
    /// <summary>
    /// The strength as a term added to the attention's logits: its logarithm, so that the weight after the softmax scales with it.
    /// Source: ltx_core/model/transformer/transformer_args.py (400fd31).
    /// </summary>
    /// <param name="strength">[B, T, T] in float32</param>
    /// <param name="type">type of the model; the smallest number of that type stands for "not at all"</param>
    /// <returns>[B, 1, T, T]</returns>
    public static Tensor ToBias(Tensor strength, ScalarType type)
    {
        using var scope = NewDisposeScope();
        // A logarithm of a positive strength cannot fall below that of the smallest normal number.
        Tensor logarithm = strength.clamp(min: finfo(type).tiny).log().to(type);
        return logarithm.masked_fill_(strength <= 0, finfo(type).min).unsqueeze(1).MoveToOuterDisposeScope();
    }
}
