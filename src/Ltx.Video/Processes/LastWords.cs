using System.Text;

namespace Ltx.Video.Processes;

/// <summary>Drains a stream to its end and keeps only the last bytes of it, however much comes.</summary>
/// <param name="capacity">bytes kept</param>
/// <param name="listener">is given each whole line without its end; a line that it returns true for is not kept. Null keeps all</param>
internal sealed class LastWords(int capacity, Func<string, bool>? listener = null)
{
    // Nothing that a listener waits for is longer, and a child that never ends its line must not fill the memory.
    private const int LongestLine = 4096;

    private readonly Lock gate = new();
    private readonly byte[] ring = new byte[capacity];
    private readonly List<byte> line = [];
    private long written;

    public async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (listener is null)
            {
                Keep(buffer.AsSpan(0, count));
            }
            else
            {
                Cut(buffer.AsSpan(0, count), listener);
            }
        }

        if (line.Count > 0)
        {
            Say(listener!);
        }
    }

    private void Cut(ReadOnlySpan<byte> bytes, Func<string, bool> to)
    {
        foreach (var letter in bytes)
        {
            line.Add(letter);
            if (letter == '\n' || line.Count == LongestLine)
            {
                Say(to);
            }
        }
    }

    private void Say(Func<string, bool> to)
    {
        var bytes = line.ToArray();
        line.Clear();
        if (!to(Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n')))
        {
            Keep(bytes);
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            foreach (var letter in bytes)
            {
                ring[written++ % capacity] = letter;
            }
        }
    }

    public override string ToString()
    {
        lock (gate)
        {
            var length = (int)Math.Min(written, capacity);
            var text = new byte[length];
            for (var i = 0; i < length; i++)
            {
                text[i] = ring[(written - length + i) % capacity];
            }

            return Encoding.UTF8.GetString(text).Trim();
        }
    }
}
