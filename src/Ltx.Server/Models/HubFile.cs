namespace Ltx.Server.Models;

/// <summary>One version of one file, as the hub states it.</summary>
/// <param name="Repository">owner and name</param>
/// <param name="Commit">40 hexadecimal digits</param>
/// <param name="Path">in the repository</param>
/// <param name="Bytes">its length</param>
/// <param name="Hash">of its content</param>
internal sealed record HubFile(string Repository, string Commit, string Path, long Bytes, ContentHash Hash);
