using Microsoft.Data.Sqlite;

namespace Ltx.Server.Storage;

/// <summary>The tables. `user_version` counts the steps that a database has had; steps are only ever added.</summary>
internal static class Schema
{
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE requests(
          sequence INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          endpoint TEXT NOT NULL,
          owner TEXT NOT NULL,
          lane INTEGER NOT NULL,
          state INTEGER NOT NULL,
          attempts INTEGER NOT NULL DEFAULT 0,
          sync INTEGER NOT NULL,
          base_url TEXT NOT NULL,
          input TEXT,
          input_in_file INTEGER NOT NULL,
          store_io INTEGER NOT NULL,
          no_retry INTEGER NOT NULL,
          cancel_requested INTEGER NOT NULL DEFAULT 0,
          lora_set TEXT NOT NULL,
          output_seconds REAL,
          submitted_at INTEGER NOT NULL,
          start_deadline INTEGER,
          started_at INTEGER,
          finished_at INTEGER,
          status_code INTEGER,
          result TEXT,
          error_type TEXT,
          timeout_type TEXT,
          retryable INTEGER,
          units INTEGER,
          seconds REAL,
          timings TEXT,
          output_id TEXT,
          payload_deleted INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX requests_of_owner ON requests(owner, sequence);
        CREATE INDEX requests_unfinished ON requests(state) WHERE state < 2;
        CREATE INDEX requests_finished ON requests(finished_at) WHERE state = 2;
        CREATE TABLE logs(
          request_id TEXT NOT NULL REFERENCES requests(id) ON DELETE CASCADE,
          number INTEGER NOT NULL,
          at INTEGER NOT NULL,
          level TEXT NOT NULL,
          message TEXT NOT NULL,
          PRIMARY KEY(request_id, number)
        ) WITHOUT ROWID;
        CREATE TABLE webhooks(
          request_id TEXT PRIMARY KEY REFERENCES requests(id) ON DELETE CASCADE,
          url TEXT NOT NULL,
          state INTEGER NOT NULL,
          tries INTEGER NOT NULL DEFAULT 0,
          next_at INTEGER,
          last_outcome TEXT
        ) WITHOUT ROWID;
        CREATE INDEX webhooks_owed ON webhooks(next_at) WHERE state = 1;
        CREATE TABLE files(
          id TEXT PRIMARY KEY,
          kind INTEGER NOT NULL,
          state INTEGER NOT NULL,
          owner TEXT NOT NULL,
          request_id TEXT,
          file_name TEXT NOT NULL,
          content_type TEXT NOT NULL,
          size INTEGER NOT NULL DEFAULT 0,
          etag TEXT,
          secret TEXT,
          created_at INTEGER NOT NULL,
          lifetime_seconds REAL,
          expires_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX files_expiring ON files(expires_at) WHERE expires_at IS NOT NULL;
        CREATE TABLE parts(
          file_id TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE,
          number INTEGER NOT NULL,
          size INTEGER NOT NULL,
          etag TEXT NOT NULL,
          PRIMARY KEY(file_id, number)
        ) WITHOUT ROWID;
        CREATE TABLE input_files(
          request_id TEXT NOT NULL REFERENCES requests(id) ON DELETE CASCADE,
          file_id TEXT NOT NULL,
          PRIMARY KEY(request_id, file_id)
        ) WITHOUT ROWID;
        CREATE INDEX input_files_by_file ON input_files(file_id);
        """,
        // Whose webhook it is and where it goes: what is due is taken in turns, by both.
        """
        ALTER TABLE webhooks ADD COLUMN owner TEXT NOT NULL DEFAULT '';
        ALTER TABLE webhooks ADD COLUMN host TEXT NOT NULL DEFAULT '';
        UPDATE webhooks SET owner = (SELECT owner FROM requests WHERE id = request_id);
        CREATE INDEX webhooks_in_turn ON webhooks(owner, host, next_at) WHERE state = 1;
        """,
        // There are several applications, so a request says which by its whole id; some have several outputs, and some get further with each attempt.
        """
        UPDATE requests SET endpoint = 'fal-ai/ltx-2.3-quality/' || endpoint;
        ALTER TABLE requests ADD COLUMN proven INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX files_of_request ON files(request_id) WHERE request_id IS NOT NULL;
        """,
    ];

    public static void Apply(SqliteConnection connection)
    {
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (version > Steps.Length)
        {
            throw new InvalidOperationException($"The database is of version {version}, written by a newer ltx than this one, which knows {Steps.Length}.");
        }

        for (var i = (int)version; i < Steps.Length; i++)
        {
            connection.Execute($"BEGIN IMMEDIATE; {Steps[i]} PRAGMA user_version={i + 1}; COMMIT;");
        }
    }
}
