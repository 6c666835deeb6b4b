using System.Buffers;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Fetch;

/// <summary>Downloads one URL into a file: tries again after drops, goes on where it stopped where the server allows it, believes no stated length.</summary>
internal sealed class HttpDownloader(SafeHttp http, FetchOptions options, ILogger log)
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Nobody compresses a file twice honestly; each layer multiplies what a bomb can do.</summary>
    private const int MostCodings = 2;

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(30);

    /// <summary>Fills <paramref name="file"/>, unless the version that is <paramref name="known"/>, where there is one, is still the server's.</summary>
    /// <param name="longest">all tries together</param>
    public async Task<Download> DownloadAsync(Uri url, TempFile file, Validators? known, TimeSpan longest, CancellationToken ct)
    {
        using CancellationTokenSource total = CancellationTokenSource.CreateLinkedTokenSource(ct);
        total.CancelAfter(longest);
        DownloadProgress progress = new();
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return await TryAsync(url, file, progress, known, total.Token);
                }
                catch (TransferDroppedException e)
                {
                    if (attempt == options.MaxAttempts)
                    {
                        throw FetchException.Download(url.OriginalString, $"{e.Message} (try {attempt} of {options.MaxAttempts})", e);
                    }
                    log.LogWarning("{Url}: {Reason} after {Bytes} bytes, try {Attempt} of {Attempts}", Redaction.Url(url), e.Message, file.Length, attempt, options.MaxAttempts);
                    await Task.Delay(Backoff(attempt), total.Token);
                }
            }
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw FetchException.Download(url.OriginalString, $"it took longer than {longest.TotalSeconds:0.#} s", e);
        }
    }

    private TimeSpan Backoff(int attempt)
    {
        TimeSpan delay = options.RetryDelay * (1 << (attempt - 1));
        return delay < LongestBackoff ? delay : LongestBackoff;
    }

    private async Task<Download> TryAsync(Uri url, TempFile file, DownloadProgress progress, Validators? known, CancellationToken ct)
    {
        // A part that cannot be continued for certain is worth nothing.
        if (file.Length > 0 && progress.IfRange is null)
        {
            file.Restart();
        }
        long offset = file.Length;
        await using HttpExchange exchange = new(http, options);
        using HttpResponseMessage response = await SendAsync(exchange, url, offset, progress, known, ct);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                // The server ignored the range, or the file changed.
                file.Restart();
                progress.Begin(response);
                break;
            case HttpStatusCode.PartialContent when offset > 0:
                if (!progress.Continues(response, offset))
                {
                    file.Restart();
                    progress.Forget();
                    throw new TransferDroppedException("the server answered with another part or version than was asked for");
                }
                break;
            case HttpStatusCode.NotModified when known is not null && offset == 0:
                return new Download(NotModified: true, null, null);
            case HttpStatusCode.RequestedRangeNotSatisfiable when offset > 0:
                file.Restart();
                progress.Forget();
                throw new TransferDroppedException("the server no longer has the rest of the file");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new TransferDroppedException($"the server answered {(int)response.StatusCode}");
            default:
                throw FetchException.Download(url.OriginalString, $"the server answered {(int)response.StatusCode}");
        }
        CheckStatedLength(url, response, file, offset);
        await ReadBodyAsync(url, exchange, response, file, ct);
        if (progress.Total is long stated && stated != file.Length)
        {
            throw new TransferDroppedException($"the server sent {file.Length} of {stated} bytes");
        }
        if (file.Length == 0)
        {
            throw FetchException.Download(url.OriginalString, "the file is empty");
        }
        return new Download(NotModified: false, progress.ContentType, progress.Validators);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpExchange exchange, Uri url, long offset, DownloadProgress progress, Validators? known, CancellationToken ct)
    {
        try
        {
            return await exchange.GetAsync(url, request => AddConditions(request.Headers, offset, progress, known), ct);
        }
        catch (HttpRequestException e) when (SafeHttp.WhyNotTried(e) is not null)
        {
            // One sentence for hosts that do not exist and hosts that are forbidden: the difference would map our network for strangers.
            log.LogWarning("{Url}: {Reason}", Redaction.Url(url), SafeHttp.WhyNotTried(e)!.Message);
            throw FetchException.Download(url.OriginalString, "its host, or the host that it redirects to, has no address that may be connected to", e);
        }
        catch (HttpRequestException e) when (offset == 0 && e.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded)
        {
            // A host that never answered, or not in HTTP, will not do so in a second; one that broke off in the middle may.
            throw FetchException.Download(url.OriginalString, $"no connection or no valid answer ({e.HttpRequestError})", e);
        }
        catch (HttpRequestException e)
        {
            throw new TransferDroppedException("the connection was lost", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TransferDroppedException("the server did not answer in time", e);
        }
    }

    private static void AddConditions(HttpRequestHeaders headers, long offset, DownloadProgress progress, Validators? known)
    {
        if (offset > 0)
        {
            headers.Range = new RangeHeaderValue(offset, null);
            headers.IfRange = progress.IfRange;
        }
        else if (known?.ETag is string tag)
        {
            headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(tag));
        }
        else if (known?.LastModified is DateTimeOffset modified)
        {
            headers.IfModifiedSince = modified;
        }
    }

    /// <summary>The length that is stated saves reading a body that is too large; it is not trusted beyond that.</summary>
    private static void CheckStatedLength(Uri url, HttpResponseMessage response, TempFile file, long offset)
    {
        HttpContentHeaders headers = response.Content.Headers;
        if (headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues values)
            && (values.Distinct().Count() != 1 || headers.ContentLength is not >= 0))
        {
            throw FetchException.Download(url.OriginalString, "the server states contradictory or impossible lengths");
        }
        if (headers.ContentLength > file.Limit - offset || headers.ContentRange?.Length > file.Limit)
        {
            throw FetchException.TooLarge(file.Limit);
        }
    }

    private async Task ReadBodyAsync(Uri url, HttpExchange exchange, HttpResponseMessage response, TempFile file, CancellationToken ct)
    {
        // Chunks have lengths of their own, which .NET holds the server to.
        bool chunked = response.Headers.TransferEncodingChunked == true;
        exchange.Connection!.StatedLength = chunked ? null : response.Content.Headers.ContentLength;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        using CancellationTokenSource idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Pace pace = new(options.MinBytesPerSecond, options.IdleTimeout);
        try
        {
            await using Stream body = Decoded(url, response, await response.Content.ReadAsStreamAsync(ct), file.Limit);
            while (true)
            {
                // One byte over the limit is enough to know.
                int room = (int)Math.Min(BufferSize, file.Limit - file.Length + 1);
                long began = Stopwatch.GetTimestamp();
                int read = await ReadAsync(url, body, buffer.AsMemory(0, room), idle, ct);
                if (read == 0)
                {
                    break;
                }
                if (!pace.KeepsUp(Stopwatch.GetElapsedTime(began), read))
                {
                    // Not tried again: each try would hold the worker as long.
                    throw FetchException.Download(url.OriginalString, $"the server sent fewer than {options.MinBytesPerSecond:0} bytes a second");
                }
                await file.WriteAsync(buffer.AsMemory(0, read), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (exchange.Connection.StatedLength is not null && await exchange.Connection.HasMoreAsync(options.ExcessGrace, ct))
        {
            throw FetchException.Download(url.OriginalString, "the server sent more bytes than it stated");
        }
    }

    private async Task<int> ReadAsync(Uri url, Stream body, Memory<byte> buffer, CancellationTokenSource idle, CancellationToken ct)
    {
        try
        {
            idle.CancelAfter(options.IdleTimeout);
            int read = await body.ReadAsync(buffer, idle.Token);
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            return read;
        }
        // .NET's Brotli stream calls a broken body an invalid operation.
        catch (Exception e) when (e is InvalidDataException or (InvalidOperationException and not ObjectDisposedException))
        {
            throw FetchException.Download(url.OriginalString, "its compressed body is broken", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new TransferDroppedException("the connection was lost", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TransferDroppedException($"the server sent nothing for {options.IdleTimeout.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>We ask for the plain file; a server that compresses all the same is served, with a limit on either side of each decompressor.</summary>
    private static Stream Decoded(Uri url, HttpResponseMessage response, Stream body, long limit)
    {
        string[] codings = [.. response.Content.Headers.ContentEncoding.Where(c => !c.Equals("identity", StringComparison.OrdinalIgnoreCase))];
        if (codings.Length > MostCodings)
        {
            throw FetchException.Download(url.OriginalString, $"its body is compressed {codings.Length} times over");
        }
        foreach (string coding in codings.Reverse())
        {
            body = new BoundedReadStream(body, limit);
            body = coding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
                "deflate" => new ZLibStream(body, CompressionMode.Decompress),
                "br" => new BrotliStream(body, CompressionMode.Decompress),
                _ => throw FetchException.Download(url.OriginalString, "its body is compressed in a way that is not known"),
            };
        }
        return body;
    }
}
