namespace Ltx.Server.Files;

/// <summary>
/// What goes on with one unfinished upload, while anything does: whole and parts may come side by side, and a retry beside what it repeats. They share
/// the upload's limit, and what ends it, or replaces a part, goes one at a time.
/// </summary>
/// <param name="parts">those that have arrived</param>
/// <param name="most">bytes of all together</param>
internal sealed class UploadSession(IEnumerable<UploadedPart> parts, long most) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _sizes = parts.ToDictionary(p => p.Number, p => p.Size);
    private long _coming;

    /// <summary>Held by whoever decides what becomes of the upload, from the look at its row until the row says it.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>How many use this session; the upload service's.</summary>
    public int Users { get; set; }

    /// <summary>Counts bytes as they come. The part with that number is about to be replaced and does not count.</summary>
    public void Take(int number, int bytes)
    {
        lock (_gate)
        {
            _coming += bytes;
            if (_coming + _sizes.Values.Sum() - _sizes.GetValueOrDefault(number) > most)
            {
                throw new UploadException(413, $"The upload is larger than the server takes ({most} bytes).");
            }
        }
    }

    /// <summary>What came is a part now, or is gone.</summary>
    public void Settle(long bytes, UploadedPart? part)
    {
        lock (_gate)
        {
            _coming -= bytes;
            if (part is not null)
            {
                _sizes[part.Number] = part.Size;
            }
        }
    }

    public void Dispose() => Turn.Dispose();
}
