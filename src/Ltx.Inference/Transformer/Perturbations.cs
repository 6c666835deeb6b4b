namespace Ltx.Inference.Transformer;

/// <summary>
/// Attention that one pass leaves out, so that guidance can push away from the result: within a stream (spatio-temporal guidance) or
/// between the streams (modality guidance). Source: ltx_core/guidance/perturbations.py (400fd31).
/// </summary>
/// <param name="VideoSelfAttention">blocks whose video self-attention passes its values through</param>
/// <param name="AudioSelfAttention">the same for audio</param>
/// <param name="CrossAttention">whether neither stream attends to the other, in any block</param>
public sealed record Perturbations(IReadOnlySet<int> VideoSelfAttention, IReadOnlySet<int> AudioSelfAttention, bool CrossAttention)
{
    /// <summary>Nothing is left out.</summary>
    public static Perturbations None { get; } = new(new HashSet<int>(), new HashSet<int>(), false);
}
