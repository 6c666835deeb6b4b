using Ltx.Inference.Kernels;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Multi-head attention of LTX-2: queries and keys are normalised over all heads together, rotated, and the result of every head is
/// gated by the query side's input. Source: ltx_core/model/transformer/attention.py (400fd31).
/// </summary>
public sealed class Attention
{
    private readonly Linear toQuery, toKey, toValue, toOut;
    private readonly RmsNorm queryNorm, keyNorm;
    private readonly Linear? toGateLogits;
    private readonly int heads;

    /// <param name="scope">where <c>to_q</c>, <c>to_k</c>, ... are</param>
    /// <param name="queryFeatures">width of the query side, and of the result</param>
    /// <param name="contextFeatures">width of the key and value side</param>
    /// <param name="heads">number of heads</param>
    /// <param name="headFeatures">width of one head</param>
    /// <param name="gated">whether <c>to_gate_logits</c> is there</param>
    /// <param name="epsilon">of the query and key norms</param>
    public Attention(WeightScope scope, int queryFeatures, int contextFeatures, int heads, int headFeatures, bool gated, double epsilon)
    {
        int inner = heads * headFeatures;
        this.heads = heads;
        toQuery = new Linear(scope["to_q"], queryFeatures, inner);
        toKey = new Linear(scope["to_k"], contextFeatures, inner);
        toValue = new Linear(scope["to_v"], contextFeatures, inner);
        queryNorm = new RmsNorm(scope["q_norm"], inner, epsilon);
        keyNorm = new RmsNorm(scope["k_norm"], inner, epsilon);
        toGateLogits = gated ? new Linear(scope["to_gate_logits"], queryFeatures, heads) : null;
        toOut = new Linear(scope["to_out.0"], inner, queryFeatures);
    }

    /// <param name="x">query side [B, T, queryFeatures]</param>
    /// <param name="context">key and value side [B, S, contextFeatures]; x itself for self-attention</param>
    /// <param name="queryRope">turns the queries, or null for none</param>
    /// <param name="keyRope">turns the keys, or null for none</param>
    /// <param name="groups">of self-attention's tokens, where not all see each other freely; null where they do</param>
    /// <param name="passValues">skips the attention: the values go through as they are (spatio-temporal guidance); self-attention only</param>
    /// <returns>[B, T, queryFeatures]</returns>
    public Tensor Forward(
        Tensor x, Tensor context, RotaryTable? queryRope = null, RotaryTable? keyRope = null, TokenGroups? groups = null, bool passValues = false)
    {
        using LinearInput query = x, keys = context;
        return Forward(query, ReferenceEquals(x, context) ? query : keys, queryRope, keyRope, groups, passValues);
    }

    /// <summary>The same with what other layers may share.</summary>
    internal Tensor Forward(
        LinearInput x, LinearInput context, RotaryTable? queryRope = null, RotaryTable? keyRope = null, TokenGroups? groups = null, bool passValues = false)
    {
        using var scope = NewDisposeScope();
        Tensor values = toValue.Forward(context);
        Tensor attended = passValues
            ? values
            : Attend(Turned(queryNorm, toQuery.Forward(x), queryRope), Turned(keyNorm, toKey.Forward(context), keyRope), values, groups);
        if (toGateLogits is not null) attended = Gate(attended, toGateLogits.Forward(x));
        return toOut.Forward(attended).MoveToOuterDisposeScope();
    }

    private static Tensor Turned(RmsNorm norm, Tensor x, RotaryTable? rope) => rope is null ? norm.Forward(x) : rope.NormRotate(norm, x);

    private Tensor Attend(Tensor queries, Tensor keys, Tensor values, TokenGroups? groups)
    {
        using Part part = Part.Of(Part.Attention);
        using var scope = NewDisposeScope();
        Tensor attended = GroupedAttention.Attend(PerHead(queries), PerHead(keys), PerHead(values), groups);
        // [B, H, T, D] -> [B, T, H*D], as it lies in memory
        return attended.transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }

    // [B, T, H*D] -> [B, H, T, D]
    private Tensor PerHead(Tensor x) => x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);

    // One gate a head and token, 1 where its logit is 0.
    private Tensor Gate(Tensor attended, Tensor logits)
    {
        using Part part = Part.Of(Part.Gates);
        using var scope = NewDisposeScope();
        if (FusedKernels.For(attended) is { } fused) return fused.GateHeads(attended, logits).MoveToOuterDisposeScope();
        // [B, T, H*D] -> [B, T, H, D] -> [B, T, H*D]
        Tensor perHead = attended.view(attended.shape[0], attended.shape[1], heads, -1);
        return (perHead * (2 * logits.sigmoid()).unsqueeze(-1)).view(attended.shape).MoveToOuterDisposeScope();
    }
}
