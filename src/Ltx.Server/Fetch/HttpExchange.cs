using System.Net;

namespace Ltx.Server.Fetch;

/// <summary>One GET with its redirects, followed by hand. Its connections are its own: nothing is shared between the fetches of different clients.</summary>
internal sealed class HttpExchange : IAsyncDisposable
{
    /// <summary>civitai answers 403 to the default agents of HTTP libraries, and fal's downloader calls itself Firefox too (fal-contract.md, 6.3).</summary>
    private const string UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly FetchOptions options;
    private readonly HttpMessageInvoker invoker;

    public HttpExchange(SafeHttp http, FetchOptions options)
    {
        this.options = options;
        invoker = http.CreateInvoker(stream => Connection = new WatchedConnection(stream));
    }

    /// <summary>The connection that the last response came over.</summary>
    public WatchedConnection? Connection { get; private set; }

    /// <summary>
    /// The first response that is no redirect. <paramref name="prepare"/> adds the conditions to each request: a server that redirects may answer them as well.
    /// </summary>
    public async Task<HttpResponseMessage> GetAsync(Uri url, Action<HttpRequestMessage> prepare, CancellationToken ct)
    {
        Uri current = url;
        string origin = SafeUrl.Origin(url);
        bool strayed = false;
        for (int redirects = 0; ; redirects++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, current) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            request.Headers.ConnectionClose = true;
            prepare(request);
            // The token of the host that the client named, there only. Once a redirect has led away, even back again, none is sent.
            strayed |= SafeUrl.Origin(current) != origin;
            if (!strayed && options.HostTokens.FirstOrDefault(t => SafeUrl.Origin(new Uri(t.Origin)) == origin) is HostToken token)
            {
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token.Token}");
            }
            // For connecting and all of the headers together: trickling them wins nothing.
            using CancellationTokenSource hop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            hop.CancelAfter(options.ConnectTimeout + options.IdleTimeout);
            HttpResponseMessage response = await invoker.SendAsync(request, hop.Token);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }
            using (response)
            {
                if (redirects == options.MaxRedirects)
                {
                    throw FetchException.Download(url.OriginalString, $"it redirects more than {options.MaxRedirects} times");
                }
                current = SafeUrl.ParseRedirect(current, response.Headers.NonValidated.TryGetValues("Location", out var location) ? location.ToString() : "");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        invoker.Dispose();
        if (Connection is not null)
        {
            await Connection.CloseAsync();
        }
    }
}
