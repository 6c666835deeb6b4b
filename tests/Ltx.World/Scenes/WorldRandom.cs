namespace Ltx.World.Scenes;

/// <summary>
/// Random numbers that are the same on every machine and with every version of the runtime: SplitMix64 (Steele, Lea and Flood, 2014).
/// </summary>
/// <param name="seed">all numbers follow from it</param>
internal sealed class WorldRandom(ulong seed)
{
    // Seeds that follow on one another must not give numbers that do.
    private ulong state = Mixed(seed);

    /// <summary>Of an even distribution, the upper bound not among them.</summary>
    public double Between(double from, double to) => from + (to - from) * ((Next() >> 11) * (1.0 / (1UL << 53)));

    /// <summary>From 0 to one less than the count.</summary>
    public int Below(int count) => (int)Between(0, count);

    public T OneOf<T>(IReadOnlyList<T> values) => values[Below(values.Count)];

    private ulong Next() => Mixed(state += 0x9E3779B97F4A7C15);

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
