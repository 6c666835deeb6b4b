using System.Globalization;
using System.Text.RegularExpressions;

namespace Ltx.Video.Reading;

/// <summary>
/// Listens to one ffmpeg that decodes one picture stream under <see cref="Processes.FfmpegArgument.WithTolerantRun"/>: when each frame is shown, which of them
/// the decoder had to repair, and where packets gave none. These lines come from one thread of ffmpeg, so their order is that of the frames.
/// </summary>
internal sealed partial class DecodeLog
{
    private readonly List<double> times = [];
    private readonly HashSet<int> repaired = [];
    // [number of frames before] = packets that gave no frame there
    private readonly SortedDictionary<int, int> lost = [];
    private bool nextIsRepaired;

    /// <summary>When the first frame that could be decoded is shown, on ffmpeg's clock of this file; null where none could.</summary>
    public TimeSpan? Start => times.Count == 0 ? null : TimeSpan.FromSeconds(times[0]);

    /// <summary>Size or pixel format changed on the way.</summary>
    public bool ChangesFormat { get; private set; }

    /// <summary>The file ends before its container says that it does.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Packets that the container gave with a warning: pieces joined byte by byte, or a bad line. Their frames may be whole all the same.</summary>
    public int Suspect { get; private set; }

    /// <summary>Packets in front of the first frame that could be decoded.</summary>
    public int LostAtStart => lost.GetValueOrDefault(0);

    /// <summary>True: the line is of no use to a person.</summary>
    public bool Hear(string line)
    {
        if (Frame().Match(line) is { Success: true } frame)
        {
            AddFrame(frame);
            return true;
        }

        if (line.Contains("corrupt decoded frame", StringComparison.Ordinal))
        {
            // Said in front of the frame itself.
            nextIsRepaired = true;
        }
        else if (line.Contains("corrupt input packet", StringComparison.Ordinal))
        {
            Suspect++;
        }
        else if (SaysPacketIsLost(line))
        {
            lost[times.Count] = lost.GetValueOrDefault(times.Count) + 1;
        }
        else if (line.Contains("Changing video frame properties", StringComparison.Ordinal))
        {
            ChangesFormat = true;
            return true;
        }
        else if (line.Contains("File ended prematurely", StringComparison.Ordinal)
            || line.Contains(": partial file", StringComparison.Ordinal)
            || line.Contains("Error during demuxing", StringComparison.Ordinal)
            || line.StartsWith("[error] file:", StringComparison.Ordinal))
        {
            IsCutOff = true;
        }

        return SaysNothingBad(line);
    }

    /// <summary>A packet gave nothing: up to ffmpeg 6.0 in the first words, later in the others.</summary>
    public static bool SaysPacketIsLost(string line) =>
        line.Contains("Error while decoding stream", StringComparison.Ordinal)
        || line.Contains("Error submitting packet to decoder", StringComparison.Ordinal)
        || line.Contains("Decoding error", StringComparison.Ordinal);

    /// <summary>A line of the level "info" or below.</summary>
    public static bool SaysNothingBad(string line) => Quiet().IsMatch(line);

    /// <summary>
    /// Numbers of the frames at <paramref name="rate"/> that show something else than the file's maker meant: one that the decoder repaired, or the
    /// one before in the place of one that is lost.
    /// </summary>
    /// <param name="rate">of the frames given</param>
    /// <param name="asked">frames at most; later ones are not looked at</param>
    /// <param name="given">frames given</param>
    /// <param name="promised">frames of the file at its own rate, as far as its header tells</param>
    /// <param name="isCutShort">whether the file ends before its container says: then frames are missing if more were promised</param>
    /// <returns>Null: it cannot be said how many are missing at the end.</returns>
    public IReadOnlyList<int>? Damaged(FrameRate rate, int? asked, int given, long? promised, bool isCutShort)
    {
        SortedSet<int> damaged = [];
        var interval = Interval();
        for (var i = 0; i < times.Count; i++)
        {
            if (repaired.Contains(i))
            {
                // It is shown until the next one is; not at all where that has the same number.
                var next = i + 1 < times.Count ? NumberOf(times[i + 1], rate) : NumberOf(times[i], rate) + 1;
                damaged.UnionWith(Range(NumberOf(times[i], rate), next));
            }
        }

        foreach (var (before, packets) in lost.Where(place => place.Key > 0))
        {
            damaged.UnionWith(Enumerable.Range(1, packets).Select(i => NumberOf(times[before - 1] + (i * interval), rate)));
        }

        if ((IsCutOff || isCutShort) && times.Count > 0 && !(given >= asked))
        {
            if (promised is null)
            {
                return null;
            }

            // ffmpeg says so where it missed something; a container's length alone may be wrong by some bytes.
            var end = Math.Max(IsCutOff ? given + 1 : given, NumberOf(times[0] + (promised.Value * interval), rate));
            damaged.UnionWith(Range(given, Math.Min(end, asked ?? end)));
        }

        return [.. damaged.Where(number => !(number >= asked))];
    }

    private static IEnumerable<int> Range(int begin, int end) => Enumerable.Range(begin, Math.Max(0, end - begin));

    /// <summary>As ffmpeg's filter "fps" counts with "round=near".</summary>
    private int NumberOf(double time, FrameRate rate) => (int)Math.Clamp(Math.Floor(((time - times[0]) * rate.Value) + 0.5), 0, int.MaxValue / 2);

    /// <summary>What usually lies between two frames, in seconds.</summary>
    private double Interval()
    {
        double[] steps = [.. times.Skip(1).Zip(times, (later, earlier) => later - earlier).Order()];
        return steps.Length == 0 ? 0 : steps[steps.Length / 2];
    }

    private void AddFrame(Match frame)
    {
        if (nextIsRepaired)
        {
            repaired.Add(times.Count);
            nextIsRepaired = false;
        }

        // A frame without a time of its own comes where ffmpeg puts it: behind the one before.
        var has = long.TryParse(frame.Groups["pts"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pts) && pts != long.MinValue;
        times.Add(has
            ? pts * double.Parse(frame.Groups["num"].ValueSpan, CultureInfo.InvariantCulture) / double.Parse(frame.Groups["den"].ValueSpan, CultureInfo.InvariantCulture)
            : times.Count < 2 ? times.Count : times[^1] + (times[^1] - times[^2]));
    }

    // Up to ffmpeg 6.0 the time that counts is called best_effort_ts, later pts. What stands in brackets in front names the part that speaks; a name or a title
    // of the file never begins a line.
    [GeneratedRegex(@"^(\[[^\]]*\] )*\[info\] decoder -> .*?\b(best_effort_ts|pts):(?<pts>-?\d+|NOPTS) .*\btime_base:(?<num>\d+)/(?<den>\d+)")]
    private static partial Regex Frame();

    [GeneratedRegex(@"^(\[[^\]]*\] )*\[(info|verbose|debug|trace)\]")]
    private static partial Regex Quiet();
}
