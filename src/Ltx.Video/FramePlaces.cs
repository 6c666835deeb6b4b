namespace Ltx.Video;

/// <summary>Says where frames are.</summary>
public static class FramePlaces
{
    private const int MostNamed = 5;

    /// <summary>"at 1.25 s, 1.29 s and 3 later": the first few by their time.</summary>
    public static string Text(IReadOnlyList<int> frames, FrameRate rate)
    {
        var named = string.Join(", ", frames.Take(MostNamed).Select(frame => FormattableString.Invariant($"{frame / rate.Value:0.##} s")));
        return frames.Count > MostNamed ? FormattableString.Invariant($"at {named} and {frames.Count - MostNamed} later") : $"at {named}";
    }
}
