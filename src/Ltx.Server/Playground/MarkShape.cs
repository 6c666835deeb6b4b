namespace Ltx.Server.Playground;

/// <summary>One shape of a drawing, as docs/marks.md has it: there from <paramref name="From"/> until before <paramref name="To"/>.</summary>
/// <param name="Erase">What is inside becomes black instead of white.</param>
/// <param name="Keys">At least one, times rising, all of the same count of numbers.</param>
internal sealed record MarkShape(MarkKind Kind, bool Erase, double From, double To, IReadOnlyList<MarkKey> Keys)
{
    /// <summary>The shape's numbers at a time; null where it is not there.</summary>
    public double[]? At(double time)
    {
        if (time < From || time >= To)
        {
            return null;
        }

        // The last key at or before the time.
        var (low, high) = (-1, Keys.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Keys[middle].Time <= time ? (middle, high) : (low, middle - 1);
        }

        if (low < 0 || low == Keys.Count - 1)
        {
            return Keys[Math.Max(low, 0)].Numbers;
        }

        var (a, b) = (Keys[low], Keys[low + 1]);
        if (time <= a.Time)
        {
            return a.Numbers;
        }

        var f = (time - a.Time) / (b.Time - a.Time);
        var numbers = new double[a.Numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = a.Numbers[i] + ((b.Numbers[i] - a.Numbers[i]) * f);
        }

        if (Kind is MarkKind.Rect or MarkKind.Ellipse && numbers[4] == 0 && numbers[5] == 0)
        {
            (numbers[4], numbers[5]) = (a.Numbers[4], a.Numbers[5]);
        }

        return numbers;
    }
}
