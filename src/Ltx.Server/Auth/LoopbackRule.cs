using System.Net;

namespace Ltx.Server.Auth;

/// <summary>
/// Who counts as this machine's own user while no key is configured. A web page in the user's browser must not (Origin), nor one that
/// has its name resolved to 127.0.0.1 (Host), nor anybody behind a reverse proxy on this machine: what such a proxy adds tells of
/// it, and so does HTTP/1.0, which nginx speaks to its upstreams unless told otherwise. A proxy that adds nothing and speaks HTTP/1.1 cannot be told
/// from a program of this machine: behind a proxy the server needs a key.
/// </summary>
internal static class LoopbackRule
{
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-Ip", "X-Remote-IP", "X-Remote-Addr", "Client-IP", "True-Client-IP",
        "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Ray", "CDN-Loop", "Fastly-Client-IP", "Fly-Client-IP", "CloudFront-Viewer-Address", "X-Azure-ClientIP",
        "X-Appengine-User-IP", "X-Scheme",
    ];

    private static readonly string[] ProxyPrefixes = ["X-Forwarded-", "X-Original-", "X-Envoy-"];

    public static bool Holds(HttpContext context)
    {
        var request = context.Request;
        return IsLoopback(context.Connection.RemoteIpAddress)
            && !HttpProtocol.IsHttp10(request.Protocol)
            && !ProxyHeaders.Any(request.Headers.ContainsKey)
            && !request.Headers.Keys.Any(key => ProxyPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            && IsLoopbackHost(request.Host.Host)
            && (!request.Headers.TryGetValue("Origin", out var origins) || origins.All(IsLoopbackOrigin));
    }

    public static bool IsLoopbackHost(string host)
    {
        var name = host.Trim('[', ']').TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IsLoopback(address));
    }

    private static bool IsLoopbackOrigin(string? origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && IsLoopbackHost(uri.Host);

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
