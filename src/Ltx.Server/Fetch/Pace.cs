namespace Ltx.Server.Fetch;

/// <summary>
/// Whether a sender keeps up: so many bytes a second in each window of the time in which it was waited for. An average since the beginning would let
/// a quick start pay for hours of silence.
/// </summary>
internal sealed class Pace(double leastPerSecond, TimeSpan window)
{
    private TimeSpan _waited;
    private long _bytes;

    private double _leastPerSecond = leastPerSecond;

    /// <summary>A new rate begins a new window: what came before was held to another one.</summary>
    public double LeastPerSecond
    {
        set => (_leastPerSecond, _waited, _bytes) = (value, TimeSpan.Zero, 0);
    }

    /// <summary>How long one read may take: nothing at all in a whole window is too slow whatever the rate.</summary>
    public TimeSpan Window => window;

    /// <summary>Counts one read; false at the end of a window in which too little came.</summary>
    public bool KeepsUp(TimeSpan waited, int bytes)
    {
        _waited += waited;
        _bytes += bytes;
        if (_waited < window)
        {
            return true;
        }

        var enough = _bytes >= _leastPerSecond * _waited.TotalSeconds;
        (_waited, _bytes) = (TimeSpan.Zero, 0);
        return enough;
    }
}
