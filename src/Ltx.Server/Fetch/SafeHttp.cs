using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Ltx.Server.Fetch;

/// <summary>
/// Makes the only HTTP clients that may be pointed at a URL of a stranger, for downloads and webhooks alike: every connection goes through
/// <see cref="AddressGuard"/>; no redirect is followed, no proxy asked, no cookie or credential kept, no body decompressed.
/// Read the URL with <see cref="SafeUrl.Parse"/> first; a refused connection shows as <see cref="IsRefusal"/>.
/// </summary>
internal sealed class SafeHttp(FetchOptions options, IHostResolver resolver, IConnector connector, X509ChainPolicy? certificates = null)
{
    private readonly AddressGuard guard = new(resolver, AllowedHosts(options), connector, options.ConnectTimeout);

    /// <param name="watch">Sees the bytes as they come, after TLS.</param>
    public HttpMessageInvoker CreateInvoker(Func<Stream, Stream>? watch = null)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PreAuthenticate = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            // Trace headers would tell a stranger about our insides.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            ConnectTimeout = options.ConnectTimeout,
            // A name that moves is looked up, and checked, again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            // Bodies that nobody reads (of redirects) are cut off, not drained.
            MaxResponseDrainSize = 0,
            ConnectCallback = (context, ct) => guard.ConnectAsync(context.DnsEndPoint, ct),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = certificates },
        };
        if (watch is not null)
        {
            handler.PlaintextStreamFilter = (context, _) => ValueTask.FromResult(watch(context.PlaintextStream));
        }
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>Did the guard refuse the connection? Then no later try can succeed either.</summary>
    public static bool IsRefusal(Exception? exception) => Cause<AddressRefusedException>(exception) is not null;

    /// <summary>Why the guard did not even try to connect, for our log: the host is forbidden, or has no address. Null where something else went wrong.</summary>
    public static Exception? WhyNotTried(Exception? exception) => Cause<AddressRefusedException>(exception) ?? (Exception?)Cause<HostUnresolvedException>(exception);

    private static T? Cause<T>(Exception? exception)
        where T : Exception
    {
        while (exception is not null and not T)
        {
            exception = exception.InnerException;
        }
        return exception as T;
    }

    private static PrivateHosts AllowedHosts(FetchOptions options)
    {
        List<string> errors = [];
        PrivateHosts hosts = PrivateHosts.Parse(options.AllowedPrivateHosts, errors);
        return errors.Count == 0 ? hosts : throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }
}
