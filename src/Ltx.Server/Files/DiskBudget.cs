using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>Refuses uploads and new work while there is still room to finish what is running.</summary>
internal sealed class DiskBudget(LtxOptions options, DataFolder folder, Database database, TimeProvider clock)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private DateTimeOffset _lookedAt = DateTimeOffset.MinValue;
    private long _used;
    private long _free;

    public long UsedBytes => Look().Used;

    public long FreeBytes => Look().Free;

    /// <summary>Null when <paramref name="more"/> bytes may come, else a sentence that says why not.</summary>
    public string? Refusal(long more)
    {
        var (used, free) = Look();
        if (options.Files.MaxTotalBytes > 0 && used + more > options.Files.MaxTotalBytes)
        {
            return $"The server's file storage is full: {used} of {options.Files.MaxTotalBytes} bytes are in use. Delete results that are no longer needed, or try again later.";
        }

        return free - more < options.Files.MinFreeBytes
            ? $"The server's disk is nearly full: {free} bytes are free and {options.Files.MinFreeBytes} are kept in reserve. Delete results that are no longer needed, or try again later."
            : null;
    }

    /// <summary>Throws when there is no room.</summary>
    public void Require(long more)
    {
        if (Refusal(more) is { } refusal)
        {
            throw new StorageFullException(refusal);
        }
    }

    private (long Used, long Free) Look()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (now - _lookedAt > LookAgain)
            {
                _used = database.Read(db => db.Scalar<long>("SELECT coalesce(sum(size), 0) FROM files WHERE state = 1"));
                _free = new DriveInfo(folder.Root).AvailableFreeSpace;
                _lookedAt = now;
            }

            return (_used, _free);
        }
    }
}
