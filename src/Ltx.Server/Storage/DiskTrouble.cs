using Microsoft.Data.Sqlite;

namespace Ltx.Server.Storage;

/// <summary>Which failures are a full disk, and which a database that is in use or away for a while: nothing of what was asked was stored.</summary>
internal static class DiskTrouble
{
    /// <summary>No space left on device, disk quota exceeded (Linux, macOS); handle disk full, disk full (Windows).</summary>
    private static readonly int[] Full = OperatingSystem.IsWindows() ? [0x27, 0x70] : [28, 122, 69];

    private const int SqliteBusy = 5, SqliteLocked = 6, SqliteReadOnly = 8, SqliteIoError = 10, SqliteFull = 13, SqliteCannotOpen = 14;

    public static bool IsFull(Exception e) => e is SqliteException { SqliteErrorCode: SqliteFull } || (e is IOException && Full.Contains(e.HResult & 0xFFFF));

    public static bool IsPassing(Exception e) =>
        e is SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked or SqliteReadOnly or SqliteIoError or SqliteCannotOpen };
}
