using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Storage;

/// <summary>
/// The data folder's SQLite database. One thread writes: it takes whatever operations wait and commits them together, so that many
/// submits share one fsync (WAL, synchronous=FULL), and a task handed out completes only after the commit that holds its work.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>Operations in one commit: enough that fsync no longer matters, few enough that the first is not kept waiting.</summary>
    private const int LargestBatch = 256;

    private readonly string _connectionString;
    private readonly string _busyTimeout;
    private readonly BlockingCollection<IWrite> _writes = [];
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly Thread _writer;
    private readonly SqliteConnection _connection;
    private bool _forgets; // the writer's alone

    /// <summary>How long a commit waits for another program that holds the database: a caller is waiting, too.</summary>
    public const int DefaultBusySeconds = 10;

    private volatile string? _trouble;
    private volatile bool _isTrying;

    /// <param name="path">the file, made where there is none</param>
    /// <param name="busySeconds">how long a commit waits for another program</param>
    /// <exception cref="DataFolderException">It is damaged, in use, or cannot be opened.</exception>
    public Database(string path, int busySeconds = DefaultBusySeconds)
    {
        _busyTimeout = $"PRAGMA busy_timeout={busySeconds * 1000}";
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = busySeconds }.ToString();
        try
        {
            CreatePrivate(path);
            _connection = Open();
            Schema.Apply(_connection);
        }
        catch (SqliteException e)
        {
            _connection?.Dispose();
            throw DataFolderException.Of(e, path);
        }

        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "database writer" };
        _writer.Start();
    }

    /// <summary>Why the last commit failed; null since one succeeded.</summary>
    public string? Trouble => _trouble;

    /// <summary>Completes when the operation is on disk. An exception of the operation undoes that operation alone.</summary>
    /// <param name="operation">what to do</param>
    /// <param name="forgets">what the operation deletes shall be in no file of the database any more when it completes</param>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> operation, bool forgets = false)
    {
        Write<T> write = new(operation, forgets);
        _writes.Add(write);
        return write.Task;
    }

    /// <summary>Commits nothing, to see whether it can be done again. Returns at once.</summary>
    public void Try()
    {
        if (!_isTrying)
        {
            _isTrying = true;
            _ = WriteAsync(_ => { }).ContinueWith(_ => _isTrying = false, TaskScheduler.Default);
        }
    }

    public Task WriteAsync(Action<SqliteConnection> operation, bool forgets = false) => WriteAsync(connection =>
    {
        operation(connection);
        return true;
    }, forgets);

    /// <summary>Reads what has been committed.</summary>
    public T Read<T>(Func<SqliteConnection, T> operation)
    {
        if (!_readers.TryTake(out var connection))
        {
            connection = Open();
        }

        try
        {
            return operation(connection);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    /// <summary>Ends after the writes that were asked for.</summary>
    public void Dispose()
    {
        _writes.CompleteAdding();
        _writer.Join();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _connection.Dispose();
        _writes.Dispose();
    }

    private SqliteConnection Open()
    {
        SqliteConnection connection = new(_connectionString);
        connection.Open();
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cache_size=-4096");
        connection.Execute(_busyTimeout);
        return connection;
    }

    /// <summary>The database holds every prompt; its write-ahead log takes the mode from it.</summary>
    private static void CreatePrivate(string path)
    {
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
        {
            using FileStream _ = new(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
    }

    private void WriteLoop()
    {
        List<IWrite> batch = [];
        foreach (var first in _writes.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < LargestBatch && _writes.TryTake(out var next))
            {
                batch.Add(next);
            }

            Commit(batch);
        }
    }

    private void Commit(List<IWrite> batch)
    {
        try
        {
            _connection.Execute("BEGIN IMMEDIATE");
            foreach (var write in batch)
            {
                _connection.Execute("SAVEPOINT one");
                if (!write.Run(_connection))
                {
                    _connection.Execute("ROLLBACK TO one");
                }

                _connection.Execute("RELEASE one");
            }

            _connection.Execute("COMMIT");
        }
        catch (SqliteException e)
        {
            // The disk is full or broken, or another program has the database: nothing of the batch is on it, and every caller must know.
            RollBack();
            _trouble = e.Message;
            batch.ForEach(w => w.Fail(e));
            return;
        }

        _trouble = null;
        _forgets |= batch.Exists(w => w.Forgets);
        if (_forgets)
        {
            EmptyLog();
        }

        batch.ForEach(w => w.Succeed());
    }

    /// <summary>
    /// Moves the write-ahead log into the database, where what was deleted is overwritten, and empties it. A reader that is just looking at the log is
    /// waited for a moment; then it is done after the next commit.
    /// </summary>
    private void EmptyLog()
    {
        try
        {
            _connection.Execute("PRAGMA busy_timeout=500");
            _forgets = _connection.Scalar<long>("PRAGMA wal_checkpoint(TRUNCATE)") != 0;
            _connection.Execute(_busyTimeout);
        }
        catch (SqliteException e)
        {
            _trouble = e.Message; // the commit itself stands
        }
    }

    private void RollBack()
    {
        try
        {
            _connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does on a full disk.
        }
    }

    private interface IWrite
    {
        bool Forgets { get; }

        /// <summary>False when the operation threw; its exception is kept.</summary>
        bool Run(SqliteConnection connection);

        void Succeed();

        void Fail(Exception e);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> operation, bool forgets) : IWrite
    {
        public bool Forgets => forgets;

        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _error;

        public Task<T> Task => _completion.Task;

        public bool Run(SqliteConnection connection)
        {
            try
            {
                _result = operation(connection);
                return true;
            }
            catch (Exception e)
            {
                _error = e; // handed to the caller in Succeed; the other operations of the batch go on
                return false;
            }
        }

        public void Succeed()
        {
            if (_error is null)
            {
                _completion.SetResult(_result!);
            }
            else
            {
                _completion.SetException(_error);
            }
        }

        public void Fail(Exception e) => _completion.SetException(_error ?? e);
    }
}
