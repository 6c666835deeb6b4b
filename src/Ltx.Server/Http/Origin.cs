using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ltx.Server.Fetch;

namespace Ltx.Server.Http;

/// <summary>
/// Scheme, host and port that a client used: the beginning of every URL that it is told, stored with its requests. Read once, at the door: Kestrel
/// lets hosts pass that no reader of URLs takes.
/// </summary>
internal static class Origin
{
    private static readonly SearchValues<char> NotOfAuthority = SearchValues.Create("/\\?#@% ");

    /// <summary>The origin without a slash at its end, in the one spelling that everybody reads alike.</summary>
    /// <param name="authority">host and port as the client, or a trusted proxy, wrote them</param>
    /// <returns>null: it names no host and port</returns>
    public static string? Parse(string scheme, string authority)
    {
        if (authority.AsSpan().ContainsAny(NotOfAuthority) || authority.Any(char.IsControl)
            || !Uri.TryCreate($"{scheme}://{authority}", UriKind.Absolute, out var uri) || HostName.Of(uri) is not { } host || uri.Port is <= 0 or > 65535)
        {
            return null;
        }

        var name = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
        return uri.IsDefaultPort ? $"{scheme}://{name}" : string.Create(CultureInfo.InvariantCulture, $"{scheme}://{name}:{uri.Port}");
    }

    /// <summary>The origin at the beginning of a stored address, whatever stands there: an old one may name no host.</summary>
    public static string OfStored(string url)
    {
        var authority = url.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0;
        var end = url.IndexOf('/', authority);
        return end < 0 ? url : url[..end];
    }
}
