namespace Ltx.Server.Fetch;

/// <summary>What is known about Hugging Face's links: people paste the page of a file (<c>blob</c>) where they mean the file (<c>resolve</c>).</summary>
internal static class HuggingFace
{
    public static Uri BlobToResolve(Uri url)
    {
        if (!IsHuggingFace(url) || FindVerb(url, "blob/") is not int verb)
        {
            return url;
        }
        string[] segments = url.Segments;
        segments[verb] = "resolve/";
        return new UriBuilder(url) { Path = string.Concat(segments) }.Uri;
    }

    /// <summary>A link to a commit (40 hexadecimal digits) never changes its content; one to a branch or a tag may.</summary>
    public static bool IsImmutable(Uri url) =>
        IsHuggingFace(url) && FindVerb(url, "resolve/") is int verb && verb + 2 < url.Segments.Length
        && url.Segments[verb + 1].TrimEnd('/') is { Length: 40 } commit && commit.All(char.IsAsciiHexDigitLower);

    private static bool IsHuggingFace(Uri url) => url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && HostName.Of(url) is "huggingface.co" or "www.huggingface.co" or "hf.co";

    /// <summary>/owner/repository/VERB/revision/file, or the same below /datasets or /spaces: nowhere else, a folder may be called "blob".</summary>
    private static int? FindVerb(Uri url, string verb)
    {
        string[] segments = url.Segments;
        int index = segments.Length > 1 && segments[1] is "datasets/" or "spaces/" ? 4 : 3;
        return segments.Length > index + 1 && segments[index] == verb ? index : null;
    }
}
