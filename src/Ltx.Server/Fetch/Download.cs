namespace Ltx.Server.Fetch;

/// <summary>
/// What came of a download. <c>NotModified</c>: the server says that the file is the one we know, and nothing was written;
/// else <c>Validators</c> tell the version that was.
/// </summary>
internal sealed record Download(bool NotModified, string? ContentType, Validators? Validators);
