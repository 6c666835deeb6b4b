using System.Net;

namespace Ltx.Server.Fetch;

/// <summary>Opens the TCP connection to an address that was already checked; a seam, so that tests can see every connection that is tried.</summary>
internal interface IConnector
{
    ValueTask<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken ct);
}
