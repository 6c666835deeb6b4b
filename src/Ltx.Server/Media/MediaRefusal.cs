using Ltx.Server.Fal;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>
/// What fal's clients are told of a file that cannot be used: the type that fal has for it, the bound or the formats in `ctx`, and our own
/// sentence. fal has no type for a video's size or damage: `image_too_small` and `image_too_large` say it of its pictures and carry the bound, and a video
/// that cannot be decoded is an unsupported one.
/// </summary>
internal static class MediaRefusal
{
    /// <summary>At the field of an input whose file it is.</summary>
    /// <param name="limits">of all files</param>
    /// <param name="sourcePixels">of a source's frame</param>
    public static FalDetail Of(MediaException refused, InpaintInput input, MediaLimits limits, long sourcePixels) => refused.Role == ClipInpainter.MaskRole
        ? Of(refused, ["body", "mask_video_url"], input.MaskVideoUrl, limits)
        : Of(refused, ["body", "video_url"], input.VideoUrl, limits with { MaxSourcePixels = Math.Min(limits.MaxSourcePixels, sourcePixels) });

    /// <summary>At any place of an input.</summary>
    public static FalDetail Of(MediaException refused, IReadOnlyList<object> location, string? url, MediaLimits limits)
    {
        bool isMask = refused.Role == ClipInpainter.MaskRole;
        (string type, (string, object?)[] context) = refused.Problem switch
        {
            MediaProblem.TooSmall => ("image_too_small", [("min_height", Sizing.DefaultMinSide), ("min_width", Sizing.DefaultMinSide)]),
            MediaProblem.TooLarge => ("image_too_large", Sides(limits)),
            MediaProblem.TooLong => ("image_too_large", [("max_height", Sizing.MaxSide), ("max_width", Sizing.MaxSide)]),
            MediaProblem.DamagedPicture => ("image_load_error", []),
            MediaProblem.Content => ("value_error", []),
            _ => ("unsupported_video_format", new (string, object?)[] { ("supported_formats", isMask ? [.. MediaFormats.Videos, .. MediaFormats.Pictures] : MediaFormats.Videos) }),
        };
        return new FalDetail(type, location, refused.Message)
        {
            Context = context.Length == 0 ? null : context.ToDictionary(entry => entry.Item1, entry => entry.Item2),
            InputJson = url is null ? null : FalJson.Text(json => json.WriteStringValue(InputUrl.Redact(url))),
        };
    }

    // The limit is on the number of pixels; its square is the largest picture that is allowed whatever its shape.
    private static (string, object?)[] Sides(MediaLimits limits)
    {
        int side = (int)Math.Sqrt(limits.MaxSourcePixels);
        return [("max_height", side), ("max_width", side)];
    }
}
