using System.Text;

namespace Ltx.Video.Processes;

/// <summary>Drains a stream to its end and keeps only the last bytes of it, however much comes.</summary>
internal sealed class LastWords(int capacity)
{
    private readonly Lock gate = new();
    private readonly byte[] ring = new byte[capacity];
    private long written;

    public async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            lock (gate)
            {
                for (var i = 0; i < count; i++)
                {
                    ring[written++ % capacity] = buffer[i];
                }
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
