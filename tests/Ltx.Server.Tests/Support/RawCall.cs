using System.Net.Sockets;
using System.Text;

namespace Ltx.Server.Tests.Support;

/// <summary>A call written byte for byte, since HTTP clients refuse to send what attackers send. Latin-1, so that every byte can be written.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly TcpClient _client;

    private RawCall(TcpClient client) => _client = client;

    /// <summary>Sends a whole request and returns all that comes until the server closes; the request must say `Connection: close`.</summary>
    public static async Task<string> AnswerAsync(TestServer server, string request)
    {
        using var call = await BeginAsync(server, request);
        return await call.ReadToEndAsync();
    }

    /// <summary>Sends the beginning of a request and leaves the rest to the test.</summary>
    public static async Task<RawCall> BeginAsync(TestServer server, string text)
    {
        TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", new Uri(server.Url).Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        return new RawCall(client);
    }

    public Task WriteAsync(string text) => _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask();

    public async Task<string> ReadToEndAsync()
    {
        using StreamReader reader = new(_client.GetStream(), Encoding.Latin1, leaveOpen: true);
        return await reader.ReadToEndAsync();
    }

    public void Dispose() => _client.Dispose();
}
