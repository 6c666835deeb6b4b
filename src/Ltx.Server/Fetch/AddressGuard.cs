using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Fetch;

/// <summary>
/// The one place where outgoing connections are made: resolve once, check every address, connect to one of the addresses that were checked.
/// The name is never looked up again in between, so a name server that changes its mind (DNS rebinding) changes nothing.
/// </summary>
internal sealed class AddressGuard(IHostResolver resolver, PrivateHosts allowed, IConnector connector, TimeSpan connectTimeout)
{
    /// <exception cref="AddressRefusedException">No connection was tried, and none ever will be.</exception>
    /// <exception cref="HostUnresolvedException">No connection was tried: there is no address now.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken ct)
    {
        IReadOnlyList<IPAddress> addresses = await CheckAsync(target.Host, target.Port, ct);
        // One dead address out of several must not eat the whole time limit.
        TimeSpan each = connectTimeout / addresses.Count;
        List<Exception> failures = [];
        foreach (IPAddress address in addresses)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(each);
            try
            {
                return await connector.ConnectAsync(new IPEndPoint(address, target.Port), limit.Token);
            }
            catch (SocketException e)
            {
                failures.Add(e);
            }
            catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
            {
                failures.Add(new TimeoutException($"{address} did not answer within {each.TotalSeconds:0.#} s.", e));
            }
        }
        throw new IOException($"None of {addresses.Count} address(es) of {target.Host} took a connection.", new AggregateException(failures));
    }

    /// <summary>All addresses of the host. One that is forbidden spoils the rest: an honest public host has none.</summary>
    private async Task<IReadOnlyList<IPAddress>> CheckAsync(string text, int port, CancellationToken ct)
    {
        if (!HostName.TryNormalise(text, out string host, out IPAddress? literal))
        {
            throw new AddressRefusedException($"\"{text}\" is no host name.");
        }
        IReadOnlyList<IPAddress> found = literal is not null ? [literal] : await ResolveAsync(host, ct);
        List<IPAddress> addresses = [];
        foreach (IPAddress address in found.Select(AddressRules.Canonical))
        {
            AddressKind kind = AddressRules.Judge(address);
            if (!allowed.Allows(host, address, port, kind))
            {
                throw new AddressRefusedException($"{host} is {address}, which is not public ({kind}) and not opened by Fetch:AllowedPrivateHosts.");
            }
            addresses.Add(address);
        }
        return addresses.Count > 0 ? addresses : throw new HostUnresolvedException($"{host} has no address.");
    }

    private async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken ct)
    {
        try
        {
            return await resolver.ResolveAsync(host, ct);
        }
        catch (SocketException e)
        {
            throw new HostUnresolvedException($"{host} could not be resolved: {e.SocketErrorCode}.", e);
        }
    }
}
