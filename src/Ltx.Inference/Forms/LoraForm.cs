using System.Text.RegularExpressions;
using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of a LoRA as the publisher writes them: <c>diffusion_model.</c>, <c>lora_A</c> and <c>lora_B</c>, no alpha.</summary>
internal static class LoraForm
{
    /// <param name="transformer">the tensors of the model that it is for</param>
    /// <param name="rank">of every module that is not smaller itself</param>
    /// <param name="modules">which of the transformer's linear layers, by name below <c>model.diffusion_model.</c></param>
    public static IReadOnlyList<ExpectedTensor> Tensors(IEnumerable<ExpectedTensor> transformer, int rank, Regex modules)
    {
        List<ExpectedTensor> list = [];
        foreach (ExpectedTensor tensor in transformer)
        {
            if (Layer(tensor) is not { } name || !modules.IsMatch(name)) continue;
            long outFeatures = tensor.Shape[0], inFeatures = tensor.Shape[1], inner = Math.Min(rank, Math.Min(inFeatures, outFeatures));
            list.Add(new ExpectedTensor($"diffusion_model.{name}.lora_A.weight", ElementType.BFloat16, [inner, inFeatures], TensorRole.Weight));
            list.Add(new ExpectedTensor($"diffusion_model.{name}.lora_B.weight", ElementType.BFloat16, [outFeatures, inner], TensorRole.LoraUp));
        }
        return list;
    }

    /// <summary>The transformer's linear layers by name below its prefix, with the shapes of their weights.</summary>
    public static Dictionary<string, long[]> Layers(IEnumerable<ExpectedTensor> checkpoint) =>
        checkpoint.Where(tensor => Layer(tensor) is not null).ToDictionary(tensor => Layer(tensor)!, tensor => tensor.Shape, StringComparer.Ordinal);

    private static string? Layer(ExpectedTensor tensor) =>
        tensor.Role == TensorRole.Weight && tensor.Shape.Length == 2 && tensor.Name.StartsWith(LtxTransformer.Prefix, StringComparison.Ordinal) && !tensor.Name.Contains("_embeddings_connector.", StringComparison.Ordinal)
            ? tensor.Name[LtxTransformer.Prefix.Length..^".weight".Length]
            : null;
}
