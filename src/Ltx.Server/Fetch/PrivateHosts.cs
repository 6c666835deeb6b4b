using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Fetch;

/// <summary>The allow-list <c>Fetch:AllowedPrivateHosts</c>: names (<c>nas.lan</c>, <c>*.lan</c>), addresses and CIDRs, names and addresses with an optional port.</summary>
internal sealed class PrivateHosts
{
    private readonly List<(string Name, int? Port)> names = [];
    private readonly List<(IPAddress Address, int? Port)> addresses = [];
    private readonly List<IPNetwork> networks = [];

    /// <summary>Every entry that is not understood adds a sentence to <paramref name="errors"/>.</summary>
    public static PrivateHosts Parse(IEnumerable<string> entries, ICollection<string> errors)
    {
        PrivateHosts hosts = new();
        foreach (string entry in entries)
        {
            if (!hosts.TryAdd(entry.Trim()))
            {
                errors.Add($"Fetch:AllowedPrivateHosts: \"{entry}\" is no host name, address or CIDR, with an optional port behind names and addresses.");
            }
        }
        return hosts;
    }

    /// <summary>May <paramref name="host"/>, which is or resolved to <paramref name="address"/>, be connected to although the address is not public?</summary>
    public bool Allows(string host, IPAddress address, int port, AddressKind kind)
    {
        bool exact = addresses.Exists(a => a.Address.Equals(address) && (a.Port ?? port) == port);
        return kind switch
        {
            AddressKind.Public => true,
            AddressKind.Metadata => exact,
            AddressKind.Local => exact || networks.Exists(n => n.Contains(address)) || names.Exists(n => Matches(n.Name, host) && (n.Port ?? port) == port),
            _ => false,
        };
    }

    private static bool Matches(string pattern, string host) =>
        pattern.StartsWith("*.", StringComparison.Ordinal) ? host.EndsWith(pattern[1..], StringComparison.Ordinal) : host == pattern;

    private bool TryAdd(string entry)
    {
        if (entry.Contains('/'))
        {
            bool valid = IPNetwork.TryParse(entry, out IPNetwork network);
            if (valid)
            {
                networks.Add(network);
            }
            return valid;
        }
        // The colons of a bare IPv6 address are no port; .NET would read "[::1]:80" as an address and drop the port.
        int colon = entry.LastIndexOf(':');
        if (colon < 0 || (entry[0] != '[' && entry.IndexOf(':') != colon) || entry[^1] == ']')
        {
            return TryAddHost(entry, null);
        }
        return int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            && TryAddHost(entry[..colon], port);
    }

    private bool TryAddHost(string text, int? port)
    {
        bool suffix = text.StartsWith("*.", StringComparison.Ordinal);
        if (!HostName.TryNormalise(suffix ? text[2..] : text, out string host, out IPAddress? address)
            || (suffix && address is not null)
            // "1.2.3" would be 1.2.0.3: a slip must not open a host.
            || (address?.AddressFamily == AddressFamily.InterNetwork && !text.Contains(':') && text != host))
        {
            return false;
        }
        if (address is not null)
        {
            addresses.Add((address, port));
        }
        else
        {
            names.Add((suffix ? "*." + host : host, port));
        }
        return true;
    }
}
