using System.Diagnostics.CodeAnalysis;
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
    public static Uri Parse(string text) => TryParse(text, out Uri? uri, out string? problem) ? uri : throw FetchException.Download(text.Trim(), problem);

    /// <summary>
    /// The same for who only wants to know: what is accepted here is asked for later in just this form. A space behind the host, which people leave
    /// in the names of files, means %20; other characters that a URL should not hold unescaped .NET escapes by itself.
    /// </summary>
    /// <param name="text">as it came</param>
    /// <param name="uri">what will be asked for</param>
    /// <param name="problem">what is wrong, as a clause</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? uri, [NotNullWhen(false)] out string? problem)
    {
        uri = null;
        string url = text.Trim();
        problem = url.Length switch { 0 => "the URL is empty", > Longest => "the URL is too long", _ => null };
        if (problem is not null)
        {
            return false;
        }
        if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            problem = "only http, https and data URLs, and files below allowed folders, can be fetched";
            return false;
        }
        if (url.Contains('\\', StringComparison.Ordinal) || url.Any(char.IsControl))
        {
            problem = "it holds a backslash or a control character";
            return false;
        }
        int start = url.IndexOf("//", StringComparison.Ordinal) + 2;
        int end = url.AsSpan(start).IndexOfAny('/', '?', '#');
        ReadOnlySpan<char> authority = end < 0 ? url.AsSpan(start) : url.AsSpan(start, end);
        if (authority.Contains('@'))
        {
            problem = "user names and passwords in URLs are not supported";
            return false;
        }
        // "http:///host/": .NET skips all slashes and finds a host where nothing above was looked at.
        // '%' in a host is an escape that some parsers undo, or an IPv6 zone.
        if (authority.IsEmpty
            || authority.ContainsAny('%', ' ')
            || !Uri.TryCreate(url.Replace(" ", "%20", StringComparison.Ordinal), UriKind.Absolute, out Uri? read)
            || read.UserInfo.Length > 0
            || read.Port is <= 0 or > 65535
            || HostName.Of(read) is not string host
            || (read.HostNameType != UriHostNameType.IPv6 && IsIPv4(host) && !IsSpelledPlainly(authority, host)))
        {
            problem = "it is not a valid URL";
            return false;
        }
        uri = read;
        return true;
    }

    private static bool IsIPv4(string host) => IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork;

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
