namespace Ltx.Server.Files;

/// <summary>Where a file of ours comes from.</summary>
internal enum FileKind
{
    Upload = 0,
    Output = 1,
}
