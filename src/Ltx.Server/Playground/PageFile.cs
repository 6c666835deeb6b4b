namespace Ltx.Server.Playground;

/// <summary>One file of the page.</summary>
/// <param name="Path">On the disk.</param>
/// <param name="ETag">SHA-256 of the content in hex.</param>
internal sealed record PageFile(string Path, string ContentType, string ETag);
