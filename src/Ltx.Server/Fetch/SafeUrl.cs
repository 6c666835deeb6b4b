using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Fetch;

/// <summary>
/// http(s) URLs as they come from strangers. Strict, because two parsers that read one URL differently are how guards are passed;
/// what a host resolves to is checked later, when the connection is made.
/// </summary>
internal static class SafeUrl
{
    /// <summary>Signed CDN links run to 2,000 characters; servers commonly take 8,000.</summary>
    private const int Longest = 16_384;

    /// <exception cref="FetchException">The URL is not one that we would ever ask for.</exception>
    public static Uri Parse(string text)
    {
        string url = text.Trim();
        if (url.Length is 0 or > Longest)
        {
            throw FetchException.Download(url, url.Length == 0 ? "the URL is empty" : "the URL is too long");
        }
        if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw FetchException.Download(url, "only http, https and data URLs, and files below allowed folders, can be fetched");
        }
        if (url.AsSpan().ContainsAny('\\', ' ') || url.Any(char.IsControl))
        {
            throw FetchException.Download(url, "it holds a space, a backslash or a control character");
        }
        int start = url.IndexOf("//", StringComparison.Ordinal) + 2;
        int end = url.AsSpan(start).IndexOfAny('/', '?', '#');
        ReadOnlySpan<char> authority = end < 0 ? url.AsSpan(start) : url.AsSpan(start, end);
        if (authority.Contains('@'))
        {
            throw FetchException.Download(url, "user names and passwords in URLs are not supported");
        }
        // "http:///host/": .NET skips all slashes and finds a host where nothing above was looked at.
        // '%' in a host is an escape that some parsers undo, or an IPv6 zone.
        if (authority.IsEmpty
            || authority.Contains('%')
            || !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || uri.UserInfo.Length > 0
            || uri.Port is <= 0 or > 65535
            || HostName.Of(uri) is not string host
            || (uri.HostNameType != UriHostNameType.IPv6 && IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork
                && !IsSpelledPlainly(authority, host)))
        {
            throw FetchException.Download(url, "it is not a valid URL");
        }
        return uri;
    }

    /// <summary>0127.0.0.1 is 87.0.0.1 to some readers and 127.0.0.1 to others; four decimal numbers are the same to all.</summary>
    private static bool IsSpelledPlainly(ReadOnlySpan<char> authority, string address) =>
        authority.StartsWith(address, StringComparison.Ordinal) && (authority.Length == address.Length || authority[address.Length] == ':');

    /// <summary>Where a redirect leads. Only http and https: a server must not turn its answer into our file or into data that it does not serve.</summary>
    public static Uri ParseRedirect(Uri from, string location)
    {
        string target = location.Trim();
        int colon = target.IndexOf(':');
        bool absolute = colon > 0 && target.AsSpan(0, colon).IndexOfAny('/', '?', '#') < 0;
        if (absolute)
        {
            return Parse(target);
        }
        if (target.StartsWith("//", StringComparison.Ordinal))
        {
            return Parse($"{from.Scheme}:{target}");
        }
        if (target.Length == 0 || target.Contains('\\') || !Uri.TryCreate(from, target, out Uri? next))
        {
            throw FetchException.Download(from.OriginalString, "it redirects to what is not a valid URL");
        }
        return Parse(next.AbsoluteUri);
    }

    /// <summary>Scheme, host and port: what a credential belongs to.</summary>
    public static string Origin(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped).ToLowerInvariant();
}
