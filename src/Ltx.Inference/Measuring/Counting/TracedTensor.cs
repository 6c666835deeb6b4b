namespace Ltx.Inference.Measuring.Counting;

/// <summary>A tensor that an operator was given, or gave.</summary>
/// <param name="Sizes">of its dimensions</param>
/// <param name="Strides">in numbers; 0 where it is repeated</param>
/// <param name="Element">bytes of a number</param>
/// <param name="OnHost">whether it lies in the host's memory</param>
internal sealed record TracedTensor(long[] Sizes, long[] Strides, int Element, bool OnHost)
{
    public double Elements => Sizes.Aggregate(1.0, (all, size) => all * size);

    /// <summary>Of memory: what is repeated lies there once.</summary>
    public double Bytes => Element * Sizes.Zip(Strides).Aggregate(1.0, (all, dimension) => all * (dimension.Second == 0 ? Math.Min(1, dimension.First) : dimension.First));

    /// <summary>Whether all of its numbers lie side by side, in whatever order of its dimensions.</summary>
    public bool IsDense
    {
        get
        {
            long expected = 1;
            foreach ((long size, long stride) in Sizes.Zip(Strides).Where(dimension => dimension.First != 1).OrderBy(dimension => dimension.Second))
            {
                if (stride != expected) return false;
                expected *= size;
            }
            return true;
        }
    }

    /// <summary>Whether its dimensions lie in memory in the same order as another's.</summary>
    public bool IsLaidOutAs(TracedTensor other) =>
        Sizes.AsSpan().SequenceEqual(other.Sizes)
        && Sizes.Zip(Strides, other.Strides).All(dimension => dimension.First == 1 || dimension.Second == dimension.Third);
}
