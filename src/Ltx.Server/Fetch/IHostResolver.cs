using System.Net;

namespace Ltx.Server.Fetch;

/// <summary>Host name to addresses; a seam, so that tests can play a hostile name server.</summary>
internal interface IHostResolver
{
    Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken ct);
}
