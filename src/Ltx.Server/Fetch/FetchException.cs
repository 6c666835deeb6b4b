namespace Ltx.Server.Fetch;

/// <summary>
/// A fetch that failed through the client's URL or the server behind it. <see cref="Exception.Message"/> is one sentence without query strings or
/// user information, fit for logs and for the operator; <see cref="FalMessage"/> is what fal itself tells a client.
/// Trouble on our own side (a full disk) is not one of these: it stays an <see cref="IOException"/>.
/// </summary>
internal sealed class FetchException(string type, string message, IReadOnlyDictionary<string, object?>? context = null, Exception? inner = null)
    : Exception(message, inner)
{
    public const string FileDownloadError = "file_download_error";
    public const string FileTooLarge = "file_too_large";

    /// <summary>fal's error type.</summary>
    public string Type { get; } = type;

    /// <summary>fal's <c>ctx</c>: <c>max_size</c> in bytes for <see cref="FileTooLarge"/>, else null.</summary>
    public IReadOnlyDictionary<string, object?>? Context { get; } = context;

    /// <summary>fal's own wording for this type (fal-contract.md, 5.1).</summary>
    public string FalMessage => Type == FileTooLarge && Context is not null
        ? $"File size exceeds the maximum allowed size of {Context["max_size"]} bytes. Please upload a smaller file."
        : "Failed to download the file. Please check if the URL is accessible and try again.";

    internal static FetchException Download(string url, string reason, Exception? inner = null) =>
        new(FileDownloadError, $"Could not fetch {Redaction.Url(url)}: {reason}.", null, inner);

    internal static FetchException TooLarge(long limit) =>
        new(FileTooLarge, $"The file is larger than the {limit} bytes that are allowed.", new Dictionary<string, object?> { ["max_size"] = limit });
}
