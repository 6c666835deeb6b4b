namespace Ltx.Server.Files;

/// <summary>Room on the disk for one file that is being written; given back when it is disposed. One writer's.</summary>
internal sealed class DiskReservation(DiskBudget budget, bool replaces) : IDisposable
{
    private long _reserved;
    private long _written;
    private bool _isKept;
    private bool _isOver;

    /// <summary>Call before the bytes are written.</summary>
    /// <exception cref="StorageFullException">They have no room.</exception>
    public void Write(int bytes)
    {
        if (_written + bytes > _reserved)
        {
            Ask(_written + bytes - _reserved);
        }

        budget.Written(bytes);
        _written += bytes;
    }

    /// <summary>The file has its row.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            budget.End(_reserved, _reserved - _written, replaces, _isKept);
        }
    }

    internal void Ask(long bytes)
    {
        budget.Take(bytes, replaces);
        _reserved += bytes;
    }
}
