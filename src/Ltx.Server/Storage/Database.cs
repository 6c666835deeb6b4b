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
    private readonly BlockingCollection<IWrite> _writes = [];
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly Thread _writer;
    private readonly SqliteConnection _connection;

    public Database(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString();
        _connection = Open();
        Schema.Apply(_connection);
        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "database writer" };
        _writer.Start();
    }

    /// <summary>Completes when the operation is on disk. An exception of the operation undoes that operation alone.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> operation)
    {
        Write<T> write = new(operation);
        _writes.Add(write);
        return write.Task;
    }

    public Task WriteAsync(Action<SqliteConnection> operation) => WriteAsync(connection =>
    {
        operation(connection);
        return true;
    });

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
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=30000; PRAGMA cache_size=-4096;");
        return connection;
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
            // The disk is full or broken: nothing of the batch is on it, and every caller must know.
            RollBack();
            batch.ForEach(w => w.Fail(e));
            return;
        }

        batch.ForEach(w => w.Succeed());
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
        /// <summary>False when the operation threw; its exception is kept.</summary>
        bool Run(SqliteConnection connection);

        void Succeed();

        void Fail(Exception e);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> operation) : IWrite
    {
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
