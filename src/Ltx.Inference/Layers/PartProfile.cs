namespace Ltx.Inference.Layers;

/// <summary>An account of one forward.</summary>
/// <param name="Parts">in the order in which they were met</param>
/// <param name="Whole">from the beginning until the device was done, by the host's clock</param>
/// <param name="Submitted">until the host had given the device all its work; where that is no less than the whole, the device waited for the host</param>
public sealed record PartProfile(IReadOnlyList<PartTime> Parts, TimeSpan Whole, TimeSpan Submitted)
{
    /// <summary>Of all parts; the whole, but for what starting and waiting take.</summary>
    public TimeSpan Sum => new(Parts.Sum(part => part.Time.Ticks));
}
