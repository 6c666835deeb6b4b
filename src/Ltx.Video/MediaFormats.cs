namespace Ltx.Video;

/// <summary>The usual endings of what is read. Files are recognised by their first bytes (<see cref="Probing.InputFormat"/>), never by these.</summary>
public static class MediaFormats
{
    public static IReadOnlyList<string> Videos { get; } =
        [".mp4", ".mov", ".m4v", ".webm", ".mkv", ".gif", ".apng", ".avi", ".mpg", ".ts", ".m2ts", ".ogv", ".flv", ".wmv", ".3gp", ".y4m"];

    public static IReadOnlyList<string> Pictures { get; } = [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tiff"];
}
