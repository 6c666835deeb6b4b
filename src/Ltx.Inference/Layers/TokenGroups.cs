namespace Ltx.Inference.Layers;

/// <summary>Tokens that lie one behind the other.</summary>
/// <param name="Start">the first one</param>
/// <param name="Count">how many</param>
internal readonly record struct TokenRun(long Start, long Count)
{
    public long End => Start + Count;

    public TokenRun Longer(long by) => this with { Count = Count + by };
}

/// <summary>Keys that are seen alike.</summary>
/// <param name="Strength">above 0, up to 1</param>
internal readonly record struct SeenRun(TokenRun Keys, double Strength);

/// <summary>Queries that see the same keys alike.</summary>
/// <param name="Seen">runs of keys in order; what is in none of them is not seen</param>
internal sealed record TokenView(TokenRun Queries, IReadOnlyList<SeenRun> Seen);

/// <summary>
/// Groups of tokens that lie one behind the other, and how strongly the tokens of each see those of each: from 0 (not at all) to 1 (freely), both
/// ways alike. Before a query's weights are made to sum to 1, each is multiplied with the strength. Source: ltx_core/conditioning/mask_utils.py
/// (400fd31), where every pair of tokens has a number of its own, which at 65,280 tokens are 17 GB.
/// </summary>
public sealed class TokenGroups
{
    private readonly long[] sizes;
    private readonly double[,] strengths;

    /// <param name="sizes">tokens of each group</param>
    /// <param name="strengths">of each pair of groups, those with themselves among them</param>
    /// <exception cref="ArgumentException">An empty group, or strengths that are none or not the same both ways.</exception>
    public TokenGroups(long[] sizes, double[,] strengths)
    {
        (this.sizes, this.strengths) = (sizes, strengths);
        int groups = sizes.Length;
        bool isSquare = (strengths.GetLength(0), strengths.GetLength(1)) == (groups, groups);
        if (!isSquare) throw new ArgumentException($"{groups} groups need {groups} x {groups} strengths.");
        for (int a = 0; a < groups; a++)
        {
            if (sizes[a] < 1) throw new ArgumentException($"Group {a} has {sizes[a]} tokens.");
            for (int b = 0; b < groups; b++)
            {
                if (strengths[a, b] is not (>= 0 and <= 1)) throw new ArgumentException($"{strengths[a, b]} is no strength; those are from 0 to 1.");
                if (strengths[a, b] != strengths[b, a]) throw new ArgumentException($"Groups {a} and {b} see each other with different strengths.");
            }
        }
        Tokens = sizes.Sum();
        Views = Look();
    }

    /// <summary>Of all groups.</summary>
    public long Tokens { get; }

    /// <summary>Tokens of each group.</summary>
    public IReadOnlyList<long> Sizes => sizes;

    /// <summary>How strongly the tokens of two groups see each other.</summary>
    public double this[int a, int b] => strengths[a, b];

    /// <summary>What there is to compute: neighbouring groups that see alike or are seen alike are one.</summary>
    internal IReadOnlyList<TokenView> Views { get; }

    /// <summary>Whether all tokens see all tokens alike, so that there is nothing to tell apart.</summary>
    internal bool AreAlike => Views is [{ Seen: [{ Keys: var keys }] }] && keys.Count == Tokens;

    /// <summary>The same with one more group behind them, whose tokens see each other freely.</summary>
    /// <param name="size">its tokens</param>
    /// <param name="strength">how strongly it and the group of a number see each other</param>
    public TokenGroups With(long size, Func<int, double> strength)
    {
        int groups = sizes.Length;
        double[,] all = new double[groups + 1, groups + 1];
        all[groups, groups] = 1;
        for (int a = 0; a < groups; a++)
        {
            all[a, groups] = all[groups, a] = strength(a);
            for (int b = 0; b < groups; b++) all[a, b] = strengths[a, b];
        }
        return new TokenGroups([.. sizes, size], all);
    }

    private List<TokenView> Look()
    {
        List<TokenView> views = [];
        long start = 0;
        for (int group = 0; group < sizes.Length; start += sizes[group++])
        {
            List<SeenRun> seen = Seen(group);
            if (views is [.., var last] && last.Seen.SequenceEqual(seen)) views[^1] = last with { Queries = last.Queries.Longer(sizes[group]) };
            else views.Add(new TokenView(new TokenRun(start, sizes[group]), seen));
        }
        return views;
    }

    private List<SeenRun> Seen(int group)
    {
        List<SeenRun> runs = [];
        long start = 0;
        for (int other = 0; other < sizes.Length; start += sizes[other++])
        {
            double strength = strengths[group, other];
            if (strength == 0) continue;
            bool goesOn = runs.Count > 0 && runs[^1].Strength == strength && runs[^1].Keys.End == start;
            if (goesOn) runs[^1] = runs[^1] with { Keys = runs[^1].Keys.Longer(sizes[other]) };
            else runs.Add(new SeenRun(new TokenRun(start, sizes[other]), strength));
        }
        return runs;
    }
}
