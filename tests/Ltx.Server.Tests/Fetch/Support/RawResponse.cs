using System.Net.Sockets;
using System.Text;

namespace Ltx.Server.Tests.Fetch.Support;

internal sealed class RawResponse(TcpClient client, Stream stream, CancellationToken stopped)
{
    /// <summary>Is cancelled when the server ends, so that a response that never ends ends then.</summary>
    public CancellationToken Stopped { get; } = stopped;

    public async Task TextAsync(string text) => await BytesAsync(Encoding.Latin1.GetBytes(text));

    public async Task BytesAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, Stopped);
        await stream.FlushAsync(Stopped);
    }

    /// <summary>A whole answer with a right length, after which the connection closes.</summary>
    public async Task OkAsync(byte[] body, string headers = "") => await StatusAsync("200 OK", body, headers);

    public async Task StatusAsync(string status, byte[] body, string headers = "")
    {
        // The close is announced, because a client that does not know of it may send its next request into it.
        await TextAsync($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n");
        await BytesAsync(body);
    }

    public Task RedirectAsync(string location, string status = "302 Found") => StatusAsync(status, [], $"Location: {location}\r\n");

    /// <summary>The connection is reset, not closed.</summary>
    public void Reset()
    {
        client.Client.LingerState = new LingerOption(true, 0);
        client.Client.Close();
    }
}
