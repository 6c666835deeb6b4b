using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Ltx.Server.Models;

/// <summary>
/// Speaks the protocol of the Hugging Face hub: commits, lists of files, what is known about a file, and its bytes. The operator chose the
/// host, so it is trusted, redirects included; the token goes to that host alone. Proxies come from the usual variables of the environment.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10;

    private readonly HttpClient http;
    private readonly HubOptions options;

    public HubClient(HubOptions options)
    {
        this.options = options;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30) }) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ltx", "1"));
    }

    public HubOptions Options => options;

    /// <summary>The commit that a branch or tag stands at.</summary>
    /// <exception cref="ModelException">The hub does not say, or does not let us.</exception>
    public async Task<string> CommitAsync(string repository, string revision, CancellationToken cancellation)
    {
        using JsonDocument answer = await JsonAsync(repository, At($"api/models/{repository}/revision/{Uri.EscapeDataString(revision)}"), cancellation);
        return answer.RootElement.TryGetProperty("sha", out JsonElement sha) && sha.GetString() is { Length: 40 } commit && commit.All(char.IsAsciiHexDigit)
            ? commit
            : throw new ModelException($"{options.Endpoint} names no commit for \"{revision}\" of {repository}.");
    }

    /// <summary>Paths of all files of a commit.</summary>
    /// <exception cref="ModelException">The hub does not say, or does not let us.</exception>
    public async Task<IReadOnlyList<string>> PathsAsync(string repository, string commit, CancellationToken cancellation)
    {
        using JsonDocument answer = await JsonAsync(repository, At($"api/models/{repository}/revision/{commit}"), cancellation);
        try
        {
            return [.. answer.RootElement.GetProperty("siblings").EnumerateArray().Select(file => file.GetProperty("rfilename").GetString()!)];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new ModelException($"{options.Endpoint} does not list the files of {repository}.", e);
        }
    }

    /// <summary>Size and hash of one file of a commit.</summary>
    /// <exception cref="ModelException">There is no such file, or the hub does not let us, or does not say enough.</exception>
    public async Task<HubFile> FileAsync(string repository, string commit, string path, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await RetriedAsync(repository, async ct => await SendAsync(HttpMethod.Head, Resolve(repository, commit, path), null, stayOnHub: true, ct), cancellation);
        string what = $"\"{path}\" of {repository}";
        if (Header(response, "X-Repo-Commit") is { } actual && actual != commit) throw new ModelException($"{options.Endpoint} answers with commit {actual} of {repository} where {commit} was asked for.");
        // Large files lie elsewhere, and then the plain headers are those of the redirection.
        string? size = Header(response, "X-Linked-Size") ?? (IsRedirect(response) ? null : response.Content.Headers.ContentLength?.ToString(CultureInfo.InvariantCulture));
        string? tag = Header(response, "X-Linked-Etag") ?? Header(response, "ETag");
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)) throw new ModelException($"{options.Endpoint} does not say how long {what} is.");
        ContentHash hash = ContentHash.Parse(tag?.Replace("W/", "", StringComparison.Ordinal).Trim('"')) ?? throw new ModelException($"{options.Endpoint} does not state a hash of {what}, without which it cannot be checked.");
        return new HubFile(repository, commit, path, bytes, hash);
    }

    /// <summary>Asks for a part of a file once. The caller looks at the status and disposes the answer.</summary>
    /// <param name="range">sent as it is</param>
    public Task<HttpResponseMessage> GetAsync(HubFile file, Action<HttpRequestHeaders> range, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, Resolve(file.Repository, file.Commit, file.Path), range, stayOnHub: false, cancellation);

    public void Dispose() => http.Dispose();

    private async Task<JsonDocument> JsonAsync(string repository, Uri url, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await RetriedAsync(repository, ct => SendAsync(HttpMethod.Get, url, null, stayOnHub: true, ct), cancellation);
        try
        {
            using CancellationTokenSource impatient = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            impatient.CancelAfter(options.IdleTimeout);
            await using Stream body = await response.Content.ReadAsStreamAsync(impatient.Token);
            return await JsonDocument.ParseAsync(body, cancellationToken: impatient.Token);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ModelException($"{options.Endpoint} gave no sound answer about {repository}: {e.Message}", e);
        }
    }

    // Tries until there is an answer that will not change by itself.
    private async Task<HttpResponseMessage> RetriedAsync(string repository, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            HubTrouble trouble;
            try
            {
                HttpResponseMessage response = await send(cancellation);
                if (response.IsSuccessStatusCode || IsRedirect(response)) return response;
                using (response) trouble = HubTrouble.Of(response, repository, options);
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                trouble = HubTrouble.Lost(e, options);
            }
            await trouble.WaitAsync(attempt, options, cancellation);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, Action<HttpRequestHeaders>? headers, bool stayOnHub, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            using HttpRequestMessage request = new(method, url);
            headers?.Invoke(request.Headers);
            // Compressed bodies have other lengths and offsets than files.
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            if (options.Token is { } token && IsHub(url)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using CancellationTokenSource impatient = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            impatient.CancelAfter(options.IdleTimeout);
            HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, impatient.Token);
            Uri? next = IsRedirect(response) && response.Headers.Location is { } location ? new Uri(url, location) : null;
            // A renamed repository stays on the hub; the storage of large files does not, and would not know what is asked about.
            if (next is null || (stayOnHub && !IsHub(next))) return response;
            response.Dispose();
            if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != url.Scheme) throw new HttpRequestException($"{url.Host} redirects from {url.Scheme} to {next.Scheme}");
            if (redirects == MaxRedirects) throw new HttpRequestException($"{url.Host} redirects without end");
            url = next;
        }
    }

    private bool IsHub(Uri url) => Uri.Compare(url, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private Uri Resolve(string repository, string commit, string path) => At($"{repository}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    private Uri At(string path) => new($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static bool IsRedirect(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}
