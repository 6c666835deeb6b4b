using Ltx.Server.Fetch;

namespace Ltx.Server.Fal;

/// <summary>A clip that shows what has been learned: what is asked for, and the files that its kind of training needs. The others are null.</summary>
/// <param name="VideoUrl">the clip that is worked on</param>
/// <param name="MaskUrl">a picture or a video, white where it is made anew</param>
/// <param name="ReferenceVideoUrl">the clip that controls it</param>
/// <param name="ImageUrl">its first frame</param>
internal sealed record ValidationInput(string Prompt, string? VideoUrl, string? MaskUrl, string? ReferenceVideoUrl, string? ImageUrl)
{
    public static ValidationInput Read(FieldReader fields)
    {
        string? Url(string name) => fields.Has(name) ? fields.Url(name) : null;
        return new ValidationInput(fields.Text("prompt"), Url("video_url"), Url("mask_url"), Url("reference_video_url"), Url("image_url"));
    }

    /// <summary>Those that it has, in the order of the parameters.</summary>
    /// <param name="location">of this clip in the input</param>
    public IEnumerable<WantedFile> Files(IReadOnlyList<object> location)
    {
        foreach (var (url, name, kind) in new[]
        {
            (VideoUrl, "video_url", FetchKind.Video), (MaskUrl, "mask_url", FetchKind.Mask),
            (ReferenceVideoUrl, "reference_video_url", FetchKind.Video), (ImageUrl, "image_url", FetchKind.Mask),
        })
        {
            if (url is not null)
            {
                yield return new WantedFile(url, kind, [.. location, name]);
            }
        }
    }
}
