namespace Ltx.Server.Models;

/// <summary>The storage gave another version, or other lengths, than what was begun with.</summary>
internal sealed class ChangedFileException(string reason) : Exception(reason);
