using System.Globalization;
using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>
/// How the official float8 checkpoints differ: all linear layers of most blocks have float8 weights, with one scale for the weight and one
/// for the input each.
/// </summary>
internal static class Float8Form
{
    public const string WeightScale = ".weight_scale", InputScale = ".input_scale";

    private const string Blocks = $"{LtxTransformer.Prefix}transformer_blocks.";

    /// <param name="tensors">of the bfloat16 checkpoint</param>
    /// <param name="blocks">how many blocks, from the first on</param>
    public static IReadOnlyList<ExpectedTensor> Quantised(IReadOnlyList<ExpectedTensor> tensors, int blocks)
    {
        if (blocks == 0) return tensors;
        List<ExpectedTensor> quantised = [];
        foreach (ExpectedTensor tensor in tensors)
        {
            if (!CanBeQuantised(tensor) || BlockOf(tensor.Name) >= blocks)
            {
                quantised.Add(tensor);
                continue;
            }
            string layer = tensor.Name[..^".weight".Length];
            quantised.Add(tensor with { Type = ElementType.Float8E4M3 });
            quantised.Add(new ExpectedTensor(layer + WeightScale, ElementType.Float32, [], TensorRole.WeightScale));
            quantised.Add(new ExpectedTensor(layer + InputScale, ElementType.Float32, [], TensorRole.InputScale));
        }
        return quantised;
    }

    /// <summary>Whether this is the weight of a linear layer of a block.</summary>
    public static bool CanBeQuantised(ExpectedTensor tensor) =>
        tensor.Role == TensorRole.Weight && tensor.Shape.Length == 2 && tensor.Name.StartsWith(Blocks, StringComparison.Ordinal);

    private static int BlockOf(string name) => int.Parse(name.AsSpan(Blocks.Length, name.IndexOf('.', Blocks.Length) - Blocks.Length), CultureInfo.InvariantCulture);
}
