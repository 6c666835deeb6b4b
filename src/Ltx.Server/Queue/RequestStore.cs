using System.Text;
using Ltx.Server.Files;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>Requests, their logs and the webhooks they owe, in the database. A returned task means: on disk.</summary>
internal sealed class RequestStore(Database database, DataFolder folder, ILogger<RequestStore> logger)
{
    /// <summary>Inputs above this lie in a file of their own: a data URI of a whole video would be copied through the write-ahead log.</summary>
    public const int LargestInlineInput = 64 * 1024;

    /// <summary>What the operator is told where the database cannot even be read.</summary>
    public DataFolderException Unusable(SqliteException e) => DataFolderException.Of(e, folder.DatabaseFile);

    /// <summary>Stores a new request and returns its place in the order of submission.</summary>
    public async Task<long> InsertAsync(NewRequest request, DateTimeOffset now)
    {
        var inFile = request.Input.Length > LargestInlineInput;
        if (inFile)
        {
            DurableFile.CreateFolder(folder.Inputs);
            var temporary = InputFile(request.Id) + ".new";
            await File.WriteAllBytesAsync(temporary, request.Input);
            DurableFile.Publish(temporary, InputFile(request.Id));
        }

        return await database.WriteAsync(db =>
        {
            db.Execute(
                """
                INSERT INTO requests(id, endpoint, owner, lane, state, sync, base_url, input, input_in_file, store_io, no_retry, lora_set, output_seconds, submitted_at, start_deadline)
                VALUES($id, $endpoint, $owner, $lane, 0, $sync, $base, $input, $inFile, $storeIo, $noRetry, $loraSet, $output, $now, $deadline)
                """,
                ("$id", request.Id), ("$endpoint", request.Endpoint), ("$owner", request.Owner), ("$lane", request.Lane), ("$sync", request.Sync),
                ("$base", request.BaseUrl), ("$input", inFile ? request.ShortInput is { } shortened ? Encoding.UTF8.GetString(shortened) : null : Encoding.UTF8.GetString(request.Input.Span)), ("$inFile", inFile),
                ("$storeIo", request.StoreIo), ("$noRetry", request.NoRetry), ("$loraSet", request.LoraSet), ("$output", request.OutputLifetime?.TotalSeconds),
                ("$now", now), ("$deadline", request.StartWithin is { } within ? now + within : null));
            var sequence = db.Scalar<long>("SELECT last_insert_rowid()");
            foreach (var file in request.InputFiles)
            {
                db.Execute("INSERT OR IGNORE INTO input_files(request_id, file_id) VALUES($id, $file)", ("$id", request.Id), ("$file", file));
            }

            if (request.Webhook is { } webhook)
            {
                db.Execute("INSERT INTO webhooks(request_id, url, state, owner, host) VALUES($id, $url, 0, $owner, $host)",
                    ("$id", request.Id), ("$url", webhook), ("$owner", request.Owner), ("$host", WebhookQueue.HostOf(webhook)));
            }

            return sequence;
        });
    }

    public StoredRequest? Find(string id) =>
        database.Read(db => db.Query("SELECT * FROM requests WHERE id = $id", Map, ("$id", id))).FirstOrDefault();

    /// <summary>The input as the client sent it, or null when it was not to be kept or has been deleted.</summary>
    public byte[]? Input(string id)
    {
        var (text, inFile) = InputColumns(id);
        if (inFile)
        {
            return File.Exists(InputFile(id)) ? File.ReadAllBytes(InputFile(id)) : null;
        }

        return text is null ? null : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>The input for a listing: of a large one the shortened copy, so that a page never reads gigabytes.</summary>
    public byte[]? ListedInput(string id) => InputColumns(id).Text is { } text ? Encoding.UTF8.GetBytes(text) : null;

    /// <summary>Everything that is not completed, in order of submission: what a start has to deal with.</summary>
    public List<StoredRequest> Unfinished() => database.Read(db => db.Query("SELECT * FROM requests WHERE state < 2 ORDER BY sequence", Map));

    /// <summary>A page of requests, newest first. <paramref name="owner"/> null: everybody's. <paramref name="prefix"/>: of their ids.</summary>
    public List<StoredRequest> Page(string? owner, long before, int limit, RequestState? state, string? prefix = null) =>
        database.Read(db => db.Query(
        """
        SELECT * FROM requests WHERE sequence < $before AND ($owner IS NULL OR owner = $owner) AND ($state IS NULL OR state = $state)
          AND ($prefix IS NULL OR substr(id, 1, length($prefix)) = $prefix)
        ORDER BY sequence DESC LIMIT $limit
        """,
        Map, ("$before", before), ("$owner", owner), ("$state", state), ("$limit", limit), ("$prefix", prefix)));

    public List<LogLine> Logs(string id) => database.Read(db => db.Query(
        "SELECT at, level, message FROM logs WHERE request_id = $id ORDER BY number",
        r => new LogLine(r.Time("at")!.Value, r.Text("level")!, r.Text("message")!), ("$id", id)));

    /// <summary>The logs of everything that is not completed, by request, in one read: a start may have to deal with very many.</summary>
    public ILookup<string, LogLine> UnfinishedLogs() => database.Read(db => db.Query(
        "SELECT request_id, at, level, message FROM logs WHERE request_id IN (SELECT id FROM requests WHERE state < 2) ORDER BY request_id, number",
        r => (Id: r.Text("request_id")!, Line: new LogLine(r.Time("at")!.Value, r.Text("level")!, r.Text("message")!)))).ToLookup(l => l.Id, l => l.Line);

    /// <summary>Counts an attempt before it begins, so that a crash in it cannot be forgotten.</summary>
    public Task StartAsync(string id, DateTimeOffset now) => database.WriteAsync(db =>
        db.Execute("UPDATE requests SET state = 1, attempts = attempts + 1, started_at = $now WHERE id = $id AND state = 0", ("$id", id), ("$now", now)));

    /// <summary>Puts a request back. <paramref name="countAttempt"/> false: the server stopped it and the request is not to blame.</summary>
    public Task RequeueAsync(string id, bool countAttempt) => database.WriteAsync(db =>
        db.Execute(
            """
            UPDATE requests SET state = 0, attempts = attempts - $back, proven = min(proven, attempts - $back), started_at = NULL
            WHERE id = $id AND state = 1
            """,
             ("$id", id), ("$back", countAttempt ? 0 : 1)));

    /// <summary>The attempt that runs has got further than those before it: they do not count any more, nor does it.</summary>
    public Task ProveAsync(string id) => database.WriteAsync(db =>
        db.Execute("UPDATE requests SET proven = attempts WHERE id = $id AND state = 1", ("$id", id)));

    public Task RequestCancelAsync(string id) => database.WriteAsync(db =>
        db.Execute("UPDATE requests SET cancel_requested = 1 WHERE id = $id AND state < 2", ("$id", id)));

    public Task AddLogAsync(string id, int number, LogLine line) => database.WriteAsync(db =>
        db.Execute("INSERT OR IGNORE INTO logs(request_id, number, at, level, message) VALUES($id, $number, $at, $level, $message)",
            ("$id", id), ("$number", number), ("$at", line.At), ("$level", line.Level), ("$message", line.Message)));

    /// <summary>Ends a request. False when it had ended before: the first outcome stands, and the new outputs have no rows.</summary>
    /// <param name="id">the request</param>
    /// <param name="outcome">its end</param>
    /// <param name="now">when</param>
    /// <param name="forgets">its input was not to be kept</param>
    public Task<bool> CompleteAsync(string id, RequestOutcome outcome, DateTimeOffset now, bool forgets = false) => database.WriteAsync(db =>
    {
        var changed = db.Execute(
            """
            UPDATE requests SET state = 2, finished_at = $now, status_code = $code, result = $result, error_type = $type, timeout_type = $timeout,
              retryable = $retryable, units = $units, seconds = $seconds, timings = $timings, output_id = $output,
              input = CASE WHEN store_io THEN input END, input_in_file = CASE WHEN store_io THEN input_in_file ELSE 0 END
            WHERE id = $id AND state < 2
            """,
            ("$id", id), ("$now", now), ("$code", outcome.StatusCode), ("$result", outcome.Result), ("$type", outcome.ErrorType), ("$timeout", outcome.TimeoutType),
            ("$retryable", outcome.Retryable), ("$units", outcome.Units), ("$seconds", outcome.Seconds), ("$timings", outcome.Timings),
            ("$output", outcome.Film?.Id));
        if (changed == 0)
        {
            return false;
        }

        foreach (var output in outcome.Outputs)
        {
            FileStore.Insert(db, output);
        }

        db.Execute("UPDATE webhooks SET state = 1, next_at = $now WHERE request_id = $id AND state = 0", ("$id", id), ("$now", now));
        return true;
    }, forgets);

    /// <summary>Forgets the input and the result of a completed request; the outputs' files are the file store's part.</summary>
    public async Task DeletePayloadsAsync(string id)
    {
        await database.WriteAsync(db => db.Execute(
            "UPDATE requests SET input = NULL, input_in_file = 0, result = NULL, payload_deleted = 1 WHERE id = $id AND state = 2", ("$id", id)), forgets: true);
        DeleteInputFile(id);
    }

    /// <summary>Drops input files of requests that no longer have one; called after completion of a request that was not to be kept.</summary>
    public void DeleteInputFile(string id) => OwnFiles.TryRemove(InputFile(id), logger);

    /// <summary>Removes old rows, unstored results and input files without a row.</summary>
    public async Task<int> SweepAsync(DateTimeOffset historyBefore, DateTimeOffset unstoredBefore)
    {
        var (emptied, removed) = await database.WriteAsync(db =>
        {
            var unstored = db.Execute(
                "UPDATE requests SET result = NULL, payload_deleted = 1 WHERE state = 2 AND store_io = 0 AND payload_deleted = 0 AND finished_at < $before",
                ("$before", unstoredBefore));
            return (unstored, db.Execute(
                "DELETE FROM requests WHERE state = 2 AND finished_at < $before AND id NOT IN (SELECT request_id FROM webhooks WHERE state = 1)",
                ("$before", historyBefore)));
        });
        if (emptied + removed > 0)
        {
            await database.WriteAsync(_ => { }, forgets: true);
        }

        foreach (var file in OwnFiles.In(folder.Inputs, IsInputFile))
        {
            // Younger ones may belong to a submit whose row is just being written.
            if (File.GetLastWriteTimeUtc(file) < DateTime.UtcNow.AddHours(-1)
                && database.Read(db => db.Scalar<long>("SELECT count(*) FROM requests WHERE id = $id AND input_in_file = 1", ("$id", Path.GetFileName(file)[..36]))) == 0)
            {
                OwnFiles.TryRemove(file, logger);
            }
        }

        return removed;
    }

    private (string? Text, bool InFile) InputColumns(string id) =>
        database.Read(db => db.Query("SELECT input, input_in_file FROM requests WHERE id = $id", r => (r.Text("input"), r.Flag("input_in_file")), ("$id", id))).FirstOrDefault();

    private string InputFile(string id) => Path.Combine(folder.Inputs, id + ".json");

    /// <summary>`id.json`, or `id.json.new` while it is being written.</summary>
    private static bool IsInputFile(string name) =>
        name.Length > 36 && Guid.TryParseExact(name[..36], "D", out _) && name[36..] is ".json" or ".json.new";

    private static StoredRequest Map(SqliteDataReader r) => new()
    {
        Sequence = r.Number("sequence")!.Value,
        Id = r.Text("id")!,
        Endpoint = r.Text("endpoint")!,
        Owner = r.Text("owner")!,
        Lane = (Lane)r.Number("lane")!.Value,
        State = (RequestState)r.Number("state")!.Value,
        Attempts = (int)r.Number("attempts")!.Value,
        Proven = (int)r.Number("proven")!.Value,
        Sync = r.Flag("sync"),
        BaseUrl = r.Text("base_url")!,
        StoreIo = r.Flag("store_io"),
        NoRetry = r.Flag("no_retry"),
        CancelRequested = r.Flag("cancel_requested"),
        LoraSet = r.Text("lora_set")!,
        OutputSeconds = r.Real("output_seconds"),
        SubmittedAt = r.Time("submitted_at")!.Value,
        StartDeadline = r.Time("start_deadline"),
        StartedAt = r.Time("started_at"),
        FinishedAt = r.Time("finished_at"),
        StatusCode = (int?)r.Number("status_code"),
        Result = r.Text("result"),
        ErrorType = r.Text("error_type"),
        TimeoutType = r.Text("timeout_type"),
        Retryable = r.Number("retryable") is { } retryable ? retryable != 0 : null,
        Units = r.Number("units"),
        Seconds = r.Real("seconds"),
        Timings = r.Text("timings"),
        OutputId = r.Text("output_id"),
        PayloadDeleted = r.Flag("payload_deleted"),
    };
}
