using System.Net;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;

namespace Ltx.Server.Http;

/// <summary>
/// One origin stands for fal's hosts. This step finds out which of them the client means and rewrites the path to one form: /queue/...
/// for the queue, /run/... for sync runs, everything else as it is.
/// </summary>
internal sealed class MountMiddleware(RequestDelegate next, LtxOptions options)
{
    private const string Queue = "/queue";
    private const string Run = "/run";
    private const string ProxyPath = "/api/fal/proxy";
    private const string TargetHeader = "x-fal-target-url";

    /// <summary>First segments that are no owner of an application.</summary>
    private static readonly HashSet<string> OwnRoots = new(StringComparer.Ordinal)
    {
        "", "storage", "tokens", ".well-known", "files", "health", "metrics", "openapi.json", "requests", "v1", "ui", "vendor", "docs", "api",
    };

    private readonly (IPAddress? Address, System.Net.IPNetwork? Network)[] _trusted =
        [.. options.Server.TrustedProxies.Select(p => System.Net.IPNetwork.TryParse(p, out var network) ? ((IPAddress?)null, (System.Net.IPNetwork?)network) : (IPAddress.Parse(p), null))];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (OriginOf(context) is not { } origin)
        {
            return FalResponse.WriteAsync(context, FalError.Plain(400, "The Host header names no host and port."));
        }

        var queueBase = origin + Queue;
        var proxied = request.Headers.TryGetValue(TargetHeader, out var target);
        if (proxied || request.Path.StartsWithSegments(ProxyPath, StringComparison.Ordinal))
        {
            if (!TryRetarget(request, target.ToString()))
            {
                context.Features.Set(new Caller { Origin = origin, QueueBase = queueBase, Proxied = true, Path = request.Path });
                return FalResponse.WriteAsync(context, FalError.Plain(400, "Invalid request"));
            }
        }
        else
        {
            var first = FirstSegment(request.Path);
            if (first is not ("queue" or "run") && !OwnRoots.Contains(first))
            {
                var byHost = Host(context).StartsWith("queue.", StringComparison.OrdinalIgnoreCase);
                queueBase = byHost ? origin : queueBase;
                request.Path = (byHost ? Queue : Run) + request.Path;
            }
        }

        var path = request.Path.Value!;
        foreach (var mount in new[] { Queue, Run })
        {
            path = path.StartsWith(mount + "/", StringComparison.Ordinal) ? path[mount.Length..] : path;
        }

        context.Features.Set(new Caller { Origin = origin, QueueBase = queueBase, Proxied = proxied, Path = path });
        return next(context);
    }

    /// <summary>Takes host class, path and query of the target; the target itself is never called.</summary>
    private static bool TryRetarget(HttpRequest request, string target)
    {
        if (!Uri.TryCreate(target, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return false;
        }

        var host = uri.Host.ToLowerInvariant();
        var isRun = host == "fal.run";
        var isQueue = host == "queue.fal.run";
        if (!isRun && !isQueue && host != "fal.ai" && !host.EndsWith(".fal.ai", StringComparison.Ordinal) && !host.EndsWith(".fal.run", StringComparison.Ordinal))
        {
            return false;
        }

        request.Path = (isQueue ? Queue : isRun ? Run : "") + PathString.FromUriComponent(uri);
        request.QueryString = QueryString.FromUriComponent(uri);
        return true;
    }

    private string? OriginOf(HttpContext context)
    {
        if (options.Server.PublicUrl is { } configured)
        {
            return configured.TrimEnd('/');
        }

        var scheme = Forwarded(context, "X-Forwarded-Proto") is "https" or "http" ? Forwarded(context, "X-Forwarded-Proto")! : context.Request.Scheme;
        return Origin.Parse(scheme, Host(context));
    }

    /// <summary>Host and port as the client wrote them. HTTP/1.0 has none: then the address that was connected to.</summary>
    private string Host(HttpContext context)
    {
        var host = Forwarded(context, "X-Forwarded-Host") ?? context.Request.Host.Value;
        return !string.IsNullOrEmpty(host) ? host : $"{new IPEndPoint(context.Connection.LocalIpAddress ?? IPAddress.Loopback, context.Connection.LocalPort)}";
    }

    /// <summary>What a trusted proxy says; it appends, so the last value is its own.</summary>
    private string? Forwarded(HttpContext context, string header) =>
        context.Request.Headers.TryGetValue(header, out var values) && IsTrusted(context.Connection.RemoteIpAddress)
            ? values.ToString().Split(',')[^1].Trim() is { Length: > 0 } value ? value : null
            : null;

    private bool IsTrusted(IPAddress? address)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && _trusted.Any(t => t.Network is { } network ? network.Contains(plain) : plain.Equals(t.Address));
    }

    private static string FirstSegment(PathString path)
    {
        var text = path.Value.AsSpan().TrimStart('/');
        var slash = text.IndexOf('/');
        return (slash < 0 ? text : text[..slash]).ToString();
    }
}
