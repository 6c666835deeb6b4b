using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>Listens on one port of 127.0.0.1 and ::1 and counts who comes: the internal service that must never be reached.</summary>
internal sealed class Canary : IDisposable
{
    private readonly List<TcpListener> listeners = [];

    public Canary()
    {
        TcpListener first = new(IPAddress.Loopback, 0);
        first.Start();
        listeners.Add(first);
        Port = ((IPEndPoint)first.LocalEndpoint).Port;
        if (Socket.OSSupportsIPv6)
        {
            TcpListener six = new(IPAddress.IPv6Loopback, Port);
            six.Start();
            listeners.Add(six);
        }
    }

    public int Port { get; }

    /// <summary>A connection is pending in the listener's backlog as soon as the other side's connect returns.</summary>
    public bool WasReached => listeners.Exists(l => l.Pending());

    public void Dispose() => listeners.ForEach(l => l.Dispose());
}
