using Microsoft.Data.Sqlite;

namespace Ltx.Server.Storage;

/// <summary>What lies in the data folder cannot be used. The message is one sentence for the operator.</summary>
internal sealed class DataFolderException(string message, Exception? cause = null) : Exception(message, cause)
{
    private const int Busy = 5, Locked = 6, Corrupt = 11, NoDatabase = 26;

    public static DataFolderException Of(SqliteException e, string path) => new(e.SqliteErrorCode switch
    {
        Corrupt or NoDatabase =>
            $"The database {path} is damaged. Put back a copy of the data folder, or move ltx.db, ltx.db-wal and ltx.db-shm away: the server then begins with "
            + "an empty queue.",
        Busy or Locked => $"The database {path} is in use by another program.",
        _ => $"The database {path} cannot be used: {e.Message.TrimEnd('.')}.",
    }, e);
}
