using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ltx.Server.Tests.Support;

/// <summary>A client that sends what the test says, byte for byte and when it says so.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="server">where to</param>
    /// <param name="from">one of this machine's own addresses; each of 127.0.0.0/8 is another caller</param>
    public RawClient(TestServer server, string from = "127.0.0.1")
    {
        _socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        _socket.Connect(IPAddress.Loopback, new Uri(server.Url).Port);
    }

    public void Dispose() => _socket.Dispose();

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The head of a request whose body follows once the server asks for it (<c>Expect: 100-continue</c>), which is when it begins to read.</summary>
    public Task PostHeadAsync(string path, long length, string headers = "") =>
        SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n{headers}\r\n");

    /// <summary>Reads to this text, or to the end: what came so far.</summary>
    public async Task<string> ReadToAsync(string text)
    {
        StringBuilder all = new();
        var buffer = new byte[1];
        while (!all.ToString().EndsWith(text, StringComparison.Ordinal))
        {
            int read;
            try
            {
                read = await _socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                break; // reset instead of closed
            }

            if (read == 0)
            {
                break;
            }

            all.Append((char)buffer[0]);
        }

        return all.ToString();
    }

    /// <summary>The answer's status; 0 where the connection is closed without one.</summary>
    public async Task<int> StatusAsync() => await ReadToAsync("\r\n") is { Length: > 12 } line ? int.Parse(line.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture) : 0;
}
