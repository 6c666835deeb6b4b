using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>A server that writes what the test says, byte for byte, and closes: no HTTP library keeps it from lying.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<RawRequest, RawResponse, Task> handler;
    private readonly X509Certificate2? certificate;
    private readonly Task loop;
    private readonly ConcurrentBag<Task> connections = [];

    public RawServer(Func<RawRequest, RawResponse, Task> handler, X509Certificate2? certificate = null)
    {
        this.handler = handler;
        this.certificate = certificate;
        listener.Start();
        loop = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    public ConcurrentQueue<RawRequest> Requests { get; } = [];

    /// <summary>Waits until so many requests have come.</summary>
    public async Task ArrivedAsync(int requests)
    {
        for (DateTime deadline = DateTime.UtcNow.AddSeconds(120); Requests.Count < requests; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < deadline, $"{Requests.Count} of {requests} requests have come.");
        }
    }

    public string Url(string path) => $"http://127.0.0.1:{Port}{path}";

    public async ValueTask DisposeAsync()
    {
        // A test may stop the server itself, to read what it sent.
        if (loop.IsCompleted)
        {
            return;
        }
        await stop.CancelAsync();
        listener.Dispose();
        await ((Task)loop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
            connections.Add(ServeAsync(client));
        }
    }

    /// <summary>Ends with an exception when the client goes away, which is what most clients of a hostile server do.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            Stream stream = client.GetStream();
            if (certificate is not null)
            {
                SslStream tls = new(stream);
                await tls.AuthenticateAsServerAsync(certificate);
                stream = tls;
            }
            await using (stream)
            {
                using StreamReader reader = new(stream, Encoding.Latin1, leaveOpen: true);
                string[] first = (await reader.ReadLineAsync(stop.Token))!.Split(' ');
                Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 } line)
                {
                    headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
                }
                RawRequest request = new(first[1], headers) { Method = first[0] };
                Requests.Enqueue(request);
                await handler(request, new RawResponse(client, stream, stop.Token));
            }
        }
    }
}
