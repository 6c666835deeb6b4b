using System.Globalization;
using System.Text.Json;
using FFMpegCore;

namespace Ltx.Video.Probing;

/// <summary>Reads ffprobe's answer into a <see cref="MediaInfo"/>.</summary>
internal static class StreamFacts
{
    // Above this difference of the average from the base rate a stream is called variable; the last frame's length alone makes small ones.
    private const double VariableRateThreshold = 0.01;

    public static MediaInfo Describe(
        string path,
        string role,
        InputFormat format,
        MediaLimits limits,
        FFProbeAnalysis analysis,
        FFProbeStream video,
        IReadOnlyList<FFProbeStream> sound)
    {
        var (width, height) = (video.Width!.Value, video.Height!.Value);
        if (SideNumber(video, "dv_profile") == 5)
        {
            // Profile 5 has no base layer that a decoder without Dolby's colour model shows rightly: it comes out green and violet.
            throw MediaException.Input(MediaProblem.Format, role, "is Dolby Vision of profile 5, whose colours cannot be read; export it as HDR10, HLG or SDR");
        }

        var (pixelWidth, pixelHeight) = SampleAspect(video.SampleAspectRatio);
        var displayed = pixelWidth >= pixelHeight
            ? (Width: Scaled(width, pixelWidth, pixelHeight), Height: height)
            : (Width: width, Height: Scaled(height, pixelHeight, pixelWidth));
        var rotation = (((int)Math.Round(SideNumber(video, "rotation") ?? 0) % 360) + 360) % 360;
        if (rotation is 90 or 270)
        {
            displayed = (displayed.Height, displayed.Width);
        }

        var average = format.IsStill ? null : FrameRate.Parse(video.AvgFrameRate) ?? FrameRate.Parse(video.FrameRate);
        var duration = format.IsStill ? TimeSpan.Zero : Seconds(video.Duration) ?? Seconds(analysis.Format?.Duration) ?? TimeSpan.Zero;
        var pixelFormat = video.PixelFormat ?? string.Empty;
        var colours = ColourTags.Of(video);
        MediaInfo info = new(limits, format, colours, video.Index)
        {
            Stored = new FrameSize(width, height),
            PixelAspect = FormattableString.Invariant($"{pixelWidth}:{pixelHeight}"),
            Orientation = Orientation.Filters(rotation, SideText(video, "displaymatrix")),
            Codec = video.CodecName ?? string.Empty,
            Path = path,
            Role = role,
            Kind = format.IsStill ? MediaKind.StillImage : MediaKind.Video,
            CodedPixels = (long)width * height,
            Width = displayed.Width,
            Height = displayed.Height,
            HasSquarePixels = pixelWidth == pixelHeight,
            Rotation = rotation,
            AverageFrameRate = average,
            IsVariableFrameRate = average is { } rate && FrameRate.Parse(video.FrameRate) is { } basic
                && Math.Abs((rate.Value / basic.Value) - 1) > VariableRateThreshold,
            IsInterlaced = !format.IsStill && video.FieldOrder is "tt" or "bb" or "tb" or "bt",
            Duration = duration,
            FrameCountEstimate = format.IsStill ? 1 : FrameCount(video, average, duration),
            AudioStreams = [.. sound.Select(stream => Describe(stream, analysis.Streams.Min(any => Seconds(any.StartTime)) ?? TimeSpan.Zero))],
            PixelFormat = pixelFormat,
            BitDepth = PixelFormatName.BitDepth(pixelFormat),
            HasAlpha = PixelFormatName.HasAlpha(pixelFormat) || HasAlphaBeside(video),
            Transfer = colours.Transfer switch
            {
                ColourTags.Pq => ColourTransfer.Pq,
                ColourTags.Hlg => ColourTransfer.Hlg,
                _ => ColourTransfer.Standard,
            },
        };
        Sizing.RequireReadable(info);
        return info;
    }

    public static bool HasDisposition(FFProbeStream stream, string name) => stream.Disposition?.GetValueOrDefault(name) == 1;

    private static AudioStreamInfo Describe(FFProbeStream stream, TimeSpan first) => new(
        stream.Index,
        stream.CodecName ?? "unknown",
        int.Parse(stream.SampleRate!, CultureInfo.InvariantCulture),
        stream.Channels!.Value,
        HasDisposition(stream, "default"),
        stream.ChannelLayout,
        (Seconds(stream.StartTime) ?? first) - first,
        // Matroska tells it in a tag.
        Seconds(stream.Duration)
            ?? (stream.Tags is { } tags && tags.TryGetValue("DURATION", out var tag) && TimeSpan.TryParse(tag[..Math.Min(tag.Length, 16)], CultureInfo.InvariantCulture, out var length)
                ? length
                : TimeSpan.Zero));

    private static long? FrameCount(FFProbeStream video, FrameRate? average, TimeSpan duration)
    {
        if (video.ExtensionData is { } more && more.TryGetValue("nb_frames", out var counted) && counted.ValueKind == JsonValueKind.String
            && long.TryParse(counted.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var frames) && frames > 0)
        {
            return frames;
        }

        return average is { } rate && duration > TimeSpan.Zero ? (long)Math.Round(duration.TotalSeconds * rate.Value) : null;
    }

    // WebM stores the alpha of VP8 and VP9 as a second picture beside the first, and the pixel format does not tell.
    private static bool HasAlphaBeside(FFProbeStream video) =>
        video.Tags is { } tags && tags.Any(tag => tag.Key.Equals("alpha_mode", StringComparison.OrdinalIgnoreCase) && tag.Value == "1");

    private static double? SideNumber(FFProbeStream stream, string name) =>
        double.TryParse(SideText(stream, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? SideText(FFProbeStream stream, string name) =>
        (stream.SideData ?? []).Where(entry => entry.ContainsKey(name)).Select(entry => entry[name].ToString()).FirstOrDefault();

    private static (int Width, int Height) SampleAspect(string? text)
    {
        var parts = (text ?? string.Empty).Split(':');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var height)
            && width > 0 && height > 0
            ? (width, height)
            : (1, 1);
    }

    // A number that no side can have stays one.
    private static int Scaled(int side, int numerator, int denominator) => (int)Math.Min(int.MaxValue / 4, Math.Round((double)side * numerator / denominator));

    private static TimeSpan? Seconds(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
