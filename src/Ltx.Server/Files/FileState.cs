namespace Ltx.Server.Files;

/// <summary>Deleted files keep their row until the bytes are gone, so that a crash between the two is finished at the next sweep.</summary>
internal enum FileState
{
    Pending = 0,
    Ready = 1,
    Deleted = 2,
}
