using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>Listens on one port of 127.0.0.1 and ::1 and counts who comes: the internal service that must never be reached.</summary>
internal sealed class Canary : IDisposable
{
    private readonly List<TcpListener> listeners = [];

    public Canary()
    {
        // A port that is free for the one address may be taken for the other.
        for (int tries = 1; !TryListen(tries < 20); tries++)
        {
            Dispose();
            listeners.Clear();
        }
    }

    public int Port { get; private set; }

    /// <summary>A connection is pending in the listener's backlog as soon as the other side's connect returns.</summary>
    public bool WasReached => listeners.Exists(l => l.Pending());

    public void Dispose() => listeners.ForEach(l => l.Dispose());

    private bool TryListen(bool mayFail)
    {
        listeners.Add(new TcpListener(IPAddress.Loopback, 0));
        listeners[0].Start();
        Port = ((IPEndPoint)listeners[0].LocalEndpoint).Port;
        if (!Socket.OSSupportsIPv6)
        {
            return true;
        }
        listeners.Add(new TcpListener(IPAddress.IPv6Loopback, Port));
        try
        {
            listeners[1].Start();
            return true;
        }
        catch (SocketException e) when (mayFail && e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
