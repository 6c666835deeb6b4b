using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Attention among groups of tokens that see each other more or less strongly, without a number for every pair: what queries see alike is attended to
/// without a mask, one run of keys after the other. With e the exponentials of a run's logits and s its strength,
/// softmax(log s + logits) v = sum over the runs of [s sum(e) / sum over the runs of s sum(e)] x [softmax(logits) v of the run].
/// </summary>
internal static class GroupedAttention
{
    // float32's smallest normal number, whose logarithm stands for that of any strength below it (transformer_args.py of 400fd31, finfo.tiny).
    private const double Smallest = 1.17549435e-38;

    /// <param name="q">[B, H, T, D]</param>
    /// <param name="k">[B, H, T, D]; S tokens where there are no groups</param>
    /// <param name="v">the same</param>
    /// <param name="groups">null where all tokens see each other freely</param>
    /// <returns>[B, H, T, D], in memory token after token where the queries are</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, TokenGroups? groups)
    {
        if (groups is null) return FusedAttention.Attend(q, k, v);
        if ((q.size(2), k.size(2)) != (groups.Tokens, groups.Tokens))
        {
            throw new ArgumentException($"Groups of {groups.Tokens} tokens do not fit {q.size(2)} queries and {k.size(2)} keys.");
        }
        if (groups.AreAlike) return FusedAttention.Attend(q, k, v);
        using var scope = NewDisposeScope();
        // [B, T, H, D] -> [B, H, T, D]
        Tensor result = empty([q.size(0), q.size(2), q.size(1), v.size(3)], q.dtype, q.device).transpose(1, 2);
        foreach (TokenView view in groups.Views)
        {
            using var one = NewDisposeScope();
            Attend(Of(q, view.Queries), k, v, view.Seen, Of(result, view.Queries));
        }
        return result.MoveToOuterDisposeScope();
    }

    private static void Attend(Tensor q, Tensor k, Tensor v, IReadOnlyList<SeenRun> seen, Tensor into)
    {
        if (seen.Count > 1)
        {
            Merge(q, k, v, seen, into);
            return;
        }
        // No operator of attention writes where it is told to. A strength that all have in common goes out of the softmax; and with none at all, as
        // with the lowest number on every logit, all keys count alike.
        Tensor all = seen is [var only] ? FusedAttention.Attend(q, Of(k, only.Keys), Of(v, only.Keys)) : v.AtLeastFloat32().mean([2], keepdim: true);
        into.copy_(all);
    }

    private static void Merge(Tensor q, Tensor k, Tensor v, IReadOnlyList<SeenRun> seen, Tensor into)
    {
        PartialAttention[] parts = [.. seen.Select(run => FusedAttention.AttendWithLogSumExp(q, Of(k, run.Keys), Of(v, run.Keys)))];
        // [R, B, H, T, 1]; softmax takes the largest out before it takes exponentials.
        Tensor shares = stack(parts.Zip(seen, (part, run) => part.LogSumExp + Math.Log(Math.Max(run.Strength, Smallest)))).softmax(0);
        Operators.Multiply(parts[0].Result, shares[0], into);
        for (int i = 1; i < parts.Length; i++) into.addcmul_(parts[i].Result, shares[i], 1);
    }

    private static Tensor Of(Tensor x, TokenRun run) => x.narrow(2, run.Start, run.Count);
}
