using System.Collections.Concurrent;
using System.Net;
using Ltx.Server.Fetch;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>Sees every connection that is tried. Public addresses can be led to a local server; all others are really connected to.</summary>
internal sealed class RecordingConnector : IConnector
{
    private readonly SocketConnector real = new();

    public ConcurrentQueue<IPEndPoint> Tried { get; } = [];

    public Dictionary<IPAddress, IPEndPoint> Internet { get; } = [];

    public ValueTask<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken ct)
    {
        Tried.Enqueue(endPoint);
        return real.ConnectAsync(Internet.GetValueOrDefault(endPoint.Address, endPoint), ct);
    }
}
