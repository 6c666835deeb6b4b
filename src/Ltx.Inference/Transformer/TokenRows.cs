using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>One modulation vector a distinct noise level, looked up for every token when it is used.</summary>
/// <param name="Values">[U, D]</param>
/// <param name="Index">[B*T], or null when all tokens share one row</param>
/// <param name="Batch">B</param>
internal readonly record struct TokenRows(Tensor Values, Tensor? Index, long Batch)
{
    /// <summary>[B, T, D], or [1, 1, D] where all tokens share one row.</summary>
    public Tensor PerToken()
    {
        using Part part = Part.Of(Part.Lookup);
        return Index is null ? Values.unsqueeze(0) : Values.index_select(0, Index).view(Batch, -1, Values.shape[1]);
    }
}
