using System.Net;

namespace Ltx.Server.Auth;

/// <summary>
/// Who counts as this machine's own user while no key is configured. A web page in the user's browser must not (Origin), nor one that
/// has its name resolved to 127.0.0.1 (Host), nor anybody behind a reverse proxy on this machine (forwarded headers).
/// </summary>
internal static class LoopbackRule
{
    private static readonly string[] ForwardedHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server"];

    public static bool Holds(HttpContext context)
    {
        var request = context.Request;
        return IsLoopback(context.Connection.RemoteIpAddress)
            && !ForwardedHeaders.Any(request.Headers.ContainsKey)
            && !request.Headers.Keys.Any(k => k.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
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
