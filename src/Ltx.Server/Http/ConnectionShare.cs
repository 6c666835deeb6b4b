using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Ltx.Server.Http;

/// <summary>How many connections there may be, and that no address has all of them.</summary>
internal sealed class ConnectionShare(int most)
{
    private readonly int _mostOfOne = Turns.MostOfOne(most);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>
    /// What is asked for, within half of the files that the process may have open: a connection takes one, and what it asks for takes another. Without
    /// any left not even the database could be read.
    /// </summary>
    public static int Most(int wanted, string limitsFile = "/proc/self/limits")
    {
        const string Line = "Max open files";
        var line = File.Exists(limitsFile) ? File.ReadLines(limitsFile).FirstOrDefault(l => l.StartsWith(Line, StringComparison.Ordinal)) : null;
        return line is not null && int.TryParse(line[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], System.Globalization.CultureInfo.InvariantCulture, out var files)
            ? Math.Min(wanted, Math.Max(1, files / 2))
            : wanted;
    }

    /// <summary>Kestrel's step that closes a connection which is one too many of its address.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var who = Turns.WhoCalls((connection.RemoteEndPoint as IPEndPoint)?.Address);
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(who);
            if (open >= _mostOfOne)
            {
                connection.Abort();
                return;
            }

            _open[who] = open + 1;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                if (--_open[who] == 0)
                {
                    _open.Remove(who);
                }
            }
        }
    };
}
