using System.Buffers;
using System.Net;

namespace Ltx.Server.Fetch;

/// <summary>The host part of a URL, in the one form in which it is compared, resolved and connected to.</summary>
internal static class HostName
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// Lower case, no brackets, no trailing dot; the address where it is one. A name that ends in a number without being an address is refused:
    /// resolvers disagree about what it is.
    /// </summary>
    public static bool TryNormalise(string text, out string host, out IPAddress? address)
    {
        host = text.Trim('[', ']').ToLowerInvariant();
        host = host.EndsWith('.') ? host[..^1] : host;
        address = null;
        // A zone ("%eth0") means something on one machine only.
        if (host.Length is 0 or > 253 || host.Contains('%'))
        {
            return false;
        }
        if (IPAddress.TryParse(host, out IPAddress? parsed))
        {
            address = AddressRules.Canonical(parsed);
            host = address.ToString();
            return true;
        }
        return host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            && host.Split('.').All(label => label.Length is > 0 and <= 63)
            && !EndsInNumber(host);
    }

    /// <summary>The host of a URL in that form; null where it is none, an international name that cannot be written in ASCII among them.</summary>
    public static string? Of(Uri url)
    {
        try
        {
            return TryNormalise(url.IdnHost, out string host, out _) ? host : null;
        }
        catch (UriFormatException)
        {
            return null; // .NET finds out only when it is asked for the ASCII form
        }
    }

    private static bool EndsInNumber(string host)
    {
        ReadOnlySpan<char> last = host.AsSpan(host.LastIndexOf('.') + 1);
        return !last.ContainsAnyExceptInRange('0', '9') || (last.StartsWith("0x") && !last[2..].ContainsAnyExcept(HexDigits));
    }
}
