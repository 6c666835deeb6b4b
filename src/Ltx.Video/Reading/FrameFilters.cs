using FFMpegCore.Arguments;
using Ltx.Video.Probing;

namespace Ltx.Video.Reading;

/// <summary>
/// The filters between decoder and pipe, in order: what copes with a stream that changes, fields, rotation, time, size, colour.
/// </summary>
internal static class FrameFilters
{
    // BT.2408: diffuse white of HDR is 203 cd/m2; that becomes 1.0.
    private const double ReferenceWhite = 203;

    // The mastering peak of nearly all HDR10 and the nominal peak of HLG. A file's own claim is not used: it is often wrong or missing, and a
    // fixed curve gives neighbouring clips of one scene the same look.
    private const double NominalPeak = 1000;

    // Bicubic and fast rounding, the defaults, are off by some levels; these flags make the conversion to RGB as exact as swscale has it.
    private const string ScaleFlags = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp";

    // swscale counts the place of chroma in 256ths of a pixel.
    private const double ChromaSteps = 256;

    /// <param name="filters">Filled in.</param>
    /// <param name="source">The file.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="constantRate">False leaves out the change of rate.</param>
    /// <param name="isUpright">ffmpeg itself has turned the frames by the file's rotation, in front of these filters.</param>
    public static void Add(VideoFilterOptions filters, MediaInfo source, VideoReadOptions options, bool constantRate, bool isUpright = false)
    {
        if (source.Kind == MediaKind.Video)
        {
            AddGuard(filters, isUpright && source.Rotation is 90 or 270 ? new FrameSize(source.Stored.Height, source.Stored.Width) : source.Stored);
        }

        if (source.IsInterlaced)
        {
            // A frame for each field where the rate is chosen behind: sport at 50 fields a second is 50 frames a second for those who want them.
            // Frames that are not marked as interlaced (a film on a DVD) go through as they are.
            filters.WithCustomFilter("bwdif", $"mode={(constantRate ? "send_field" : "send_frame")}:deint=interlaced");
        }

        if (source.Kind == MediaKind.Video && !isUpright)
        {
            foreach (var (name, value) in source.Orientation)
            {
                filters.WithCustomFilter(name, value);
            }
        }

        AddTime(filters, options, constantRate);
        AddSize(filters, source, options);
        AddColour(filters, source, options);
    }

    /// <summary>Whether frames are resampled on their way to a size, and not only cut.</summary>
    public static bool Resizes(MediaInfo source, FrameSize size, FrameFit fit) =>
        fit != FrameFit.CropOdd || !source.HasSquarePixels || source.Width - size.Width is not (0 or 1) || source.Height - size.Height is not (0 or 1);

    /// <summary>
    /// Frames of another size or pixel format than the first become like it (joined files, calls over a bad line); the others pass untouched. None of the
    /// filters behind sees a change, so none of them may be put before this one: most would read beyond a frame that is smaller than the first.
    /// </summary>
    private static void AddGuard(VideoFilterOptions filters, FrameSize first) =>
        filters.WithCustomFilter("scale", FormattableString.Invariant($"w={first.Width}:h={first.Height}:interl=-1:flags={ScaleFlags}"));

    private static void AddTime(VideoFilterOptions filters, VideoReadOptions options, bool constantRate)
    {
        if (constantRate)
        {
            // The clip begins with its first frame, wherever that lies on the file's clock. "near" lets a source of the same rate through
            // frame for frame although Matroska rounds its time stamps to milliseconds.
            filters.WithCustomFilter("setpts", "PTS-STARTPTS");
            filters.WithCustomFilter("fps", $"fps={options.FramesPerSecond}:round=near");
            if (options.MaxFrames is { } most)
            {
                // "fps" fills a gap between two time stamps at once, however long it is. Bounding the output alone (-frames:v) would leave all
                // these copies to be scaled and held: a gap of a day, or a paused screen recording, took gigabytes for a few frames.
                filters.WithCustomFilter("trim", FormattableString.Invariant($"end_frame={most}"));
            }
        }
    }

    private static void AddSize(VideoFilterOptions filters, MediaInfo source, VideoReadOptions options)
    {
        var (width, height) = (options.Size.Width, options.Size.Height);
        if (!Resizes(source, options.Size, options.Fit) && (source.Width != width || source.Height != height))
        {
            filters.WithCustomFilter("crop", FormattableString.Invariant($"w={width}:h={height}:x=0:y=0:exact=1"));
        }
    }

    private static void AddColour(VideoFilterOptions filters, MediaInfo source, VideoReadOptions options)
    {
        var size = FormattableString.Invariant($"w={options.Size.Width}:h={options.Size.Height}");
        var isYuv = !PixelFormatName.IsRgb(source.PixelFormat) && !PixelFormatName.IsGray(source.PixelFormat);
        var isWide = isYuv && options.Pixels is FramePixels.Rgb24 or FramePixels.Yuv420 && SourcePlanes.IsWide(source);
        if (isWide)
        {
            // Sized first, because the conversion through linear light costs most.
            filters.WithCustomFilter("scale", $"{size}:flags={ScaleFlags}");
            AddWideGamut(filters, source, options.Pixels);
            return;
        }

        if (options.Pixels == FramePixels.Yuv420)
        {
            AddPlanes(filters, source, SourcePlanes.Of(source, options.Size).Colours, size, keeps: !PixelFormatName.IsRgb(source.PixelFormat));
            return;
        }

        var matrix = isYuv ? $":in_color_matrix={ScaleMatrix(source)}" : string.Empty;
        var range = isYuv ? $":in_range={Range(source)}" : string.Empty;
        filters.WithCustomFilter("scale", $"{size}:flags={ScaleFlags}{matrix}{range}:out_range=pc");
        filters.WithCustomFilter("format", options.Pixels switch
        {
            FramePixels.Rgb24 => "rgb24",
            FramePixels.Gray8 => "gray",
            FramePixels.GrayAlpha16 => "ya8",
            FramePixels.Rgb48 => "rgb48le",
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Pixels, "Unknown pixel layout."),
        });
    }

    /// <summary>
    /// To planes. Where they keep the source's own matrix and range, its numbers come through as they are but for size, depth and a chroma that is not
    /// halved yet: swscale copies what is of its layout already.
    /// </summary>
    private static void AddPlanes(VideoFilterOptions filters, MediaInfo source, PlaneColours colours, string size, bool keeps)
    {
        static string Chroma(string side, double x, double y) =>
            FormattableString.Invariant($":{side}_h_chr_pos={x * ChromaSteps:0}:{side}_v_chr_pos={y * ChromaSteps:0}");

        var from = !keeps ? string.Empty : $":in_range={colours.Range}" + (PixelFormatName.HasHalvedChroma(source.PixelFormat) ? Chroma("in", colours.ChromaX, colours.ChromaY) : string.Empty);
        var to = (keeps ? string.Empty : ":out_color_matrix=bt709") + $":out_range={colours.Range}{Chroma("out", colours.ChromaX, colours.ChromaY)}";
        filters.WithCustomFilter("scale", $"{size}:flags={ScaleFlags}{from}{to}");
        // yuvj420p is the same in full range, by the name that ffmpeg's decoders still use; only as that is limited range always limited range.
        filters.WithCustomFilter("format", colours.IsFullRange ? "yuv420p|yuvj420p" : "yuv420p");
    }

    /// <summary>PQ, HLG or SDR in BT.2020 to SDR in BT.709, through linear light.</summary>
    private static void AddWideGamut(VideoFilterOptions filters, MediaInfo source, FramePixels pixels)
    {
        var transfer = source.Transfer switch
        {
            ColourTransfer.Pq => ColourTags.Pq,
            ColourTransfer.Hlg => ColourTags.Hlg,
            // The transfers of BT.2020 are that of BT.709 with more digits.
            _ => ColourTags.Bt709,
        };
        // HDR without these tags is BT.2020 in practice.
        var primaries = source.Colours.Primaries ?? ColourTags.Bt2020;
        var matrix = source.Colours.Matrix switch { null => "bt2020nc", var tagged => ZscaleMatrix(source, tagged) };
        var range = Range(source) == "pc" ? "full" : "limited";
        var white = FormattableString.Invariant($"{ReferenceWhite}");
        filters.WithCustomFilter(
            "zscale", $"transferin={transfer}:primariesin={primaries}:matrixin={matrix}:rangein={range}:transfer=linear:npl={white}");
        filters.WithCustomFilter("format", "gbrpf32le");
        filters.WithCustomFilter("zscale", "primaries=bt709");
        if (source.IsHdr)
        {
            filters.WithCustomFilter("tonemap", FormattableString.Invariant($"tonemap=mobius:peak={NominalPeak / ReferenceWhite:0.####}"));
        }

        if (pixels == FramePixels.Yuv420)
        {
            // Straight to planes: RGB of eight bits between would round twice.
            filters.WithCustomFilter("zscale", "transfer=bt709:matrix=bt709:range=limited:chromal=left");
            filters.WithCustomFilter("format", "yuv420p");
            return;
        }

        filters.WithCustomFilter("zscale", "transfer=bt709:range=full");
        filters.WithCustomFilter("format", "gbrp");
        filters.WithCustomFilter("format", "rgb24");
    }

    private static string Range(MediaInfo source) => SourcePlanes.IsFullRange(source) ? "pc" : "tv";

    private static string ScaleMatrix(MediaInfo source) => SourcePlanes.Tagged(source).Matrix switch
    {
        "smpte170m" or "bt470bg" => "bt601",
        "bt2020nc" => "bt2020",
        var same => same,
    };

    private static string ZscaleMatrix(MediaInfo source, string tagged) => tagged switch
    {
        "bt709" or "smpte170m" or "bt470bg" or "bt2020nc" or "bt2020c" => tagged,
        _ => throw MediaException.Input(MediaProblem.Format, source.Role, $"stores its colours by the matrix \"{tagged}\", which is not supported"),
    };
}
