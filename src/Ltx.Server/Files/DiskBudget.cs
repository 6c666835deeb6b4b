using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>
/// Refuses uploads and new work while there is still room to finish what is running. Counted is what is stored, what unfinished uploads and trainings
/// have, and what is being written this moment: a look at the disk is a second old, and in a second several writers fill it.
/// </summary>
internal sealed class DiskBudget(LtxOptions options, DataFolder folder, TrainingFolders trainings, Database database, TimeProvider clock)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private DateTimeOffset _lookedAt = DateTimeOffset.MinValue;
    private long _used;
    private long _free;

    // Of open reservations: what they add to the files, what of it is not written yet, and what was written since the disk was looked at.
    private long _coming;
    private long _unwritten;
    private long _written;

    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                Look();
                return _used + _coming;
            }
        }
    }

    public long FreeBytes
    {
        get
        {
            lock (_gate)
            {
                Look();
                return _free;
            }
        }
    }

    /// <summary>Null when <paramref name="more"/> bytes may come, else a sentence that says why not.</summary>
    public string? Refusal(long more)
    {
        lock (_gate)
        {
            return Refusal(more, more);
        }
    }

    /// <summary>Throws when there is no room.</summary>
    public void Require(long more)
    {
        if (Refusal(more) is { } refusal)
        {
            throw new StorageFullException(refusal);
        }
    }

    /// <summary>Room for a file that is about to be written; more is asked for as it grows.</summary>
    /// <param name="bytes">what is known of its length</param>
    /// <param name="replaces">the bytes are counted already, and only lie twice on the disk for a while</param>
    /// <exception cref="StorageFullException">There is none.</exception>
    public DiskReservation Reserve(long bytes, bool replaces = false)
    {
        DiskReservation reservation = new(this, replaces);
        reservation.Ask(bytes);
        return reservation;
    }

    internal void Take(long bytes, bool replaces)
    {
        lock (_gate)
        {
            if (Refusal(replaces ? 0 : bytes, bytes) is { } refusal)
            {
                throw new StorageFullException(refusal);
            }

            _coming += replaces ? 0 : bytes;
            _unwritten += bytes;
        }
    }

    internal void Written(long bytes)
    {
        lock (_gate)
        {
            _unwritten -= bytes;
            _written += bytes;
        }
    }

    /// <summary>The end of a reservation. What is kept has its row by now; until the next look it is counted here.</summary>
    internal void End(long reserved, long unwritten, bool replaces, bool isKept)
    {
        lock (_gate)
        {
            _unwritten -= unwritten;
            _coming -= replaces ? 0 : reserved;
            _used += isKept && !replaces ? reserved - unwritten : 0;
        }
    }

    private string? Refusal(long moreFiles, long moreDisk)
    {
        Look();
        var used = _used + _coming;
        if (options.Files.MaxTotalBytes > 0 && used + moreFiles > options.Files.MaxTotalBytes)
        {
            return $"The server's file storage is full: {used} of {options.Files.MaxTotalBytes} bytes are in use. Delete results that are no longer needed, or try again later.";
        }

        var free = _free - _written - _unwritten;
        return free - moreDisk < options.Files.MinFreeBytes
            ? $"The server's disk is nearly full: {free} bytes are free and {options.Files.MinFreeBytes} are kept in reserve. Delete results that are no longer needed, or try again later."
            : null;
    }

    private void Look()
    {
        var now = clock.GetUtcNow();
        if (now - _lookedAt > LookAgain)
        {
            _used = database.Read(db => db.Scalar<long>(
                """
                SELECT coalesce((SELECT sum(size) FROM files WHERE state = 1), 0)
                  + coalesce((SELECT sum(p.size) FROM parts p JOIN files f ON f.id = p.file_id WHERE f.state = 0), 0)
                """)) + trainings.Bytes;
            _free = new DriveInfo(folder.Root).AvailableFreeSpace;
            _written = 0;
            _lookedAt = now;
        }
    }
}

/// <summary>The disk budget leaves no room for what was asked. The message is for the client.</summary>
internal sealed class StorageFullException(string message) : Exception(message), IFalAnswer
{
    public FalError Answer => FalError.Infrastructure(507, "internal_error", Message);
}
