using Ltx.Server.Http;
using Microsoft.Net.Http.Headers;

namespace Ltx.Server.Files;

/// <summary>Content types as clients name them, and the file extensions we give them.</summary>
internal static class ContentTypes
{
    public const string Unknown = "application/octet-stream";

    private static readonly Dictionary<string, string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["video/mp4"] = ".mp4",
        ["video/quicktime"] = ".mov",
        ["video/webm"] = ".webm",
        ["video/x-matroska"] = ".mkv",
        ["video/x-msvideo"] = ".avi",
        ["image/png"] = ".png",
        ["image/jpeg"] = ".jpg",
        ["image/webp"] = ".webp",
        ["image/gif"] = ".gif",
        ["image/bmp"] = ".bmp",
        ["audio/mpeg"] = ".mp3",
        ["audio/wav"] = ".wav",
        ["application/json"] = ".json",
        ["application/zip"] = ".zip",
        ["application/x-zip-compressed"] = ".zip",
        ["text/plain"] = ".txt",
    };

    private static readonly HashSet<string> KnownExtensions = new([.. Extensions.Values, ".safetensors", ".m4v", ".jpeg"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The type to store and to send back: what the client said, if it is one content type, and one that an answer's header can hold.</summary>
    public static string Normalise(string? contentType) =>
        contentType is { Length: > 0 and <= 200 } && HeaderText.IsPlain(contentType) && MediaTypeHeaderValue.TryParse(contentType, out var parsed)
            && !parsed.MatchesAllTypes && !parsed.MatchesAllSubTypes ? parsed.ToString() : Unknown;

    /// <summary>The extension of our name for the file; a client's own name gives at most one of the known extensions.</summary>
    public static string Extension(string contentType, string? clientName)
    {
        var given = Path.GetExtension(clientName ?? "");
        if (KnownExtensions.Contains(given))
        {
            return given.ToLowerInvariant();
        }

        return Extensions.GetValueOrDefault(contentType.Split(';')[0].Trim(), ".bin");
    }
}
