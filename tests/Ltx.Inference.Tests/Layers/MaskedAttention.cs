using Ltx.Inference.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

/// <summary>
/// The reference's form of attention among groups, with a number for every pair of tokens, whose logarithm is added to the logits.
/// Source: ltx_core/model/transformer/transformer_args.py (400fd31).
/// </summary>
internal static class MaskedAttention
{
    /// <returns>[1, T, T] float32, from 0 to 1</returns>
    public static Tensor Strength(TokenGroups groups)
    {
        int[] group = [.. groups.Sizes.SelectMany((size, i) => Enumerable.Repeat(i, (int)size))];
        return tensor(group.SelectMany(from => group.Select(to => (float)groups[from, to])).ToArray()).view(1, group.Length, group.Length);
    }

    /// <param name="type">of the model; its lowest number stands for "not at all"</param>
    /// <returns>[1, 1, T, T]</returns>
    public static Tensor Bias(TokenGroups groups, ScalarType type)
    {
        Tensor strength = Strength(groups), logarithm = strength.to(ScalarType.Float64).clamp(min: finfo(ScalarType.Float32).tiny).log().to(type);
        return logarithm.masked_fill_(strength <= 0, finfo(type).min).unsqueeze(1);
    }

    /// <returns>[B, H, T, D]</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, TokenGroups groups) =>
        nn.functional.scaled_dot_product_attention(q, k, v, Bias(groups, q.dtype));
}
