using System.Globalization;

namespace Ltx.Video;

/// <summary>A frame rate as an exact fraction of frames per second, in lowest terms.</summary>
public readonly record struct FrameRate
{
    // The rates of NTSC television are these times 1000/1001; they are written with two or three decimals everywhere.
    private static readonly int[] NtscFamily = [12, 15, 24, 30, 48, 60, 120];

    // 23.98 is 0.004 away from 24000/1001; 24 is 0.024 away.
    private const double NtscTolerance = 0.006;

    // Any rate of up to three decimals is exact with this denominator; 1001 keeps the NTSC rates.
    private const int MaxDenominator = 1001;

    /// <exception cref="ArgumentOutOfRangeException">One of the two is not positive.</exception>
    public FrameRate(int numerator, int denominator)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numerator);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(denominator);
        var divisor = (int)System.Numerics.BigInteger.GreatestCommonDivisor(numerator, denominator);
        Numerator = numerator / divisor;
        Denominator = denominator / divisor;
    }

    public int Numerator { get; }

    public int Denominator { get; }

    /// <summary>Frames per second.</summary>
    public double Value => (double)Numerator / Denominator;

    /// <summary>
    /// The fraction meant by a decimal number: 23.976 and 23.98 are 24000/1001, 12.5 is 25/2; others are the nearest fraction with a
    /// denominator of at most 1001.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a number above 0 and at most 1000.</exception>
    public static FrameRate FromDouble(double framesPerSecond)
    {
        if (!(framesPerSecond > 0 && framesPerSecond <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(framesPerSecond), framesPerSecond, "A frame rate is above 0 and at most 1000.");
        }

        foreach (var whole in NtscFamily)
        {
            if (Math.Abs(framesPerSecond - (whole * 1000.0 / 1001.0)) < NtscTolerance)
            {
                return new FrameRate(whole * 1000, 1001);
            }
        }

        return Nearest(framesPerSecond);
    }

    /// <summary>How long this many frames last, rounded to the nearest whole sample of a sound at <paramref name="sampleRate"/>.</summary>
    public long SamplesIn(long frames, int sampleRate) =>
        (long)decimal.Round((decimal)frames * Denominator * sampleRate / Numerator, MidpointRounding.AwayFromZero);

    /// <summary>How long this many frames last.</summary>
    public TimeSpan DurationOf(long frames) => TimeSpan.FromTicks((long)((decimal)frames * Denominator * TimeSpan.TicksPerSecond / Numerator));

    /// <summary>The fraction as ffmpeg reads it, such as <c>24000/1001</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");

    /// <summary>Reads ffprobe's "24000/1001"; null for "0/0", which means unknown.</summary>
    internal static FrameRate? Parse(string? text)
    {
        var parts = (text ?? string.Empty).Split('/');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var numerator)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var denominator)
            && numerator > 0 && denominator > 0
            ? new FrameRate(numerator, denominator)
            : null;
    }

    private static FrameRate Nearest(double value)
    {
        // A thousand candidates are nothing beside starting a process, and exhaustive search needs no proof.
        var (best, bestError) = (new FrameRate(Math.Max(1, (int)Math.Round(value)), 1), double.MaxValue);
        for (var denominator = 1; denominator <= MaxDenominator; denominator++)
        {
            var numerator = Math.Max(1, (int)Math.Round(value * denominator));
            var error = Math.Abs(value - ((double)numerator / denominator));
            // Strictly better by more than rounding noise, so that the smallest denominator wins.
            if (error < bestError - 1e-12)
            {
                (best, bestError) = (new FrameRate(numerator, denominator), error);
            }
        }

        return best;
    }
}
