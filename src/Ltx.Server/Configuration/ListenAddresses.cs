using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Ltx.Server.Configuration;

/// <summary>The addresses of `Server:Urls`: what they must look like, and whether they can be had.</summary>
internal static class ListenAddresses
{
    public static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>An address as this machine itself calls it: one that means all of its addresses by its loopback address.</summary>
    public static string Reachable(string url)
    {
        foreach (var any in new[] { "0.0.0.0", "[::]", "*", "+" })
        {
            url = url.Replace("://" + any, "://" + IPAddress.Loopback, StringComparison.Ordinal);
        }

        return url;
    }

    /// <summary>A sentence for everything that is wrong with how they are written.</summary>
    public static IEnumerable<string> Problems(string urls)
    {
        var all = Split(urls);
        if (all.Length == 0)
        {
            yield return "Server:Urls: there is no address to listen on";
        }

        foreach (var url in all)
        {
            if (Parse(url) is not { } address || address.Port is < 0 or > IPEndPoint.MaxPort)
            {
                yield return $"Server:Urls: '{url}' is not an address to listen on, such as http://127.0.0.1:8080";
            }
            else if (address.PathBase.Trim('/').Length > 0)
            {
                yield return $"Server:Urls: '{url}' has a path, and only a scheme, a host and a port can be listened on";
            }
        }
    }

    /// <summary>
    /// Looks whether each address can be had, before anything else is begun. Kestrel says so itself, but only after everything else, and
    /// with its stack.
    /// </summary>
    /// <exception cref="InvalidConfigurationException">One cannot.</exception>
    public static void CheckFree(string urls)
    {
        List<string> problems = [];
        foreach (var url in Split(urls))
        {
            foreach (var end in EndPoints(Parse(url)!))
            {
                if (Refusal(end) is { } reason)
                {
                    problems.Add($"Server:Urls: {url} cannot be listened on: {reason}");
                    break;
                }
            }
        }

        if (problems.Count > 0)
        {
            throw new InvalidConfigurationException(problems);
        }
    }

    /// <summary>Whether Kestrel failed because it did not get an address.</summary>
    public static bool IsRefusal(Exception e) => e is SocketException or IOException { InnerException: AddressInUseException or AggregateException };

    private static BindingAddress? Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.Scheme.ToLowerInvariant() is "http" or "https" && !address.IsUnixPipe && !address.IsNamedPipe ? address : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The ones that Kestrel takes for it: any name that is neither an address nor localhost means all of the machine's.</summary>
    private static IPEndPoint[] EndPoints(BindingAddress address)
    {
        if (address.Port == 0)
        {
            return [];
        }

        IPAddress[] addresses = address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : IPAddress.TryParse(address.Host, out var ip) ? [ip]
            : [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any];
        return [.. addresses.Select(each => new IPEndPoint(each, address.Port))];
    }

    private static string? Refusal(IPEndPoint end)
    {
        try
        {
            using Socket socket = new(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (end.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(end);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "another program listens there",
                SocketError.AccessDenied => "this user may not; ports below 1024 often need rights of their own",
                // localhost is served by whichever of the two there is.
                SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported when IPAddress.IsLoopback(end.Address) => null,
                SocketError.AddressNotAvailable => "this machine has no such address",
                _ => e.Message,
            };
        }
    }
}
