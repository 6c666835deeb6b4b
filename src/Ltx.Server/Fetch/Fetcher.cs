using System.Diagnostics;
using System.Security.Cryptography;
using Ltx.Server.Storage;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Fetch;

/// <summary>Sends each kind of URL its way: data URIs are decoded, <c>file:</c> is read in place, our own URLs too, all else goes through the guarded download.</summary>
internal sealed class Fetcher(FetchOptions options, SafeHttp http, CacheFolder folder, LoraCache cache, ILogger<Fetcher> log, ILocalFiles? localFiles = null) : IFetcher
{
    private readonly HttpDownloader downloader = new(http, options, log);
    private readonly AllowedFolders allowedFolders = new(options.AllowedFolders);
    private readonly SingleFlight flights = new();

    public long LimitOf(FetchKind kind) => kind switch
    {
        FetchKind.Lora => options.MaxLoraBytes,
        FetchKind.DataSet => options.MaxDataSetBytes,
        _ => options.MaxVideoBytes,
    };

    private TimeSpan TimeOf(FetchKind kind) =>
        kind == FetchKind.DataSet ? options.TotalTimeout * Math.Max(1, (double)options.MaxDataSetBytes / options.MaxLoraBytes) : options.TotalTimeout;

    public async Task<FetchedFile> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        string shown = Redaction.Url(request.Url);
        string outcome = "cancelled";
        try
        {
            FetchedFile file = await RouteAsync(request, ct);
            outcome = "";
            log.LogInformation("Fetched {Kind} {Url}: {Bytes} bytes in {Seconds:0.00} s", request.Kind, shown, file.Length, Stopwatch.GetElapsedTime(started).TotalSeconds);
            return file;
        }
        catch (FetchException e)
        {
            outcome = e.Type;
            log.LogWarning(e.InnerException, "{Kind} {Url} failed with {Type}: {Reason}", request.Kind, shown, e.Type, e.Message);
            throw;
        }
        finally
        {
            FetchMetrics.Fetches.Add(1, new KeyValuePair<string, object?>("kind", request.Kind.ToString()), new KeyValuePair<string, object?>("error_type", outcome));
        }
    }

    private async Task<FetchedFile> RouteAsync(FetchRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        long limit = LimitOf(request.Kind);
        if (DataUri.Is(request.Url))
        {
            return await DecodeAsync(request, limit, ct);
        }
        if (AllowedFolders.IsFileUrl(request.Url))
        {
            return await InPlaceAsync(allowedFolders.Resolve(request.Url), limit, ct);
        }
        Uri url = SafeUrl.Parse(request.Url);
        if (localFiles?.TryOpen(url) is string own)
        {
            return await InPlaceAsync(own, limit, ct);
        }
        url = HuggingFace.BlobToResolve(url);
        if (request.Kind == FetchKind.Lora)
        {
            // By the whole URL, query included: another token may lead to another file.
            return AsFile(await flights.JoinAsync(url.GetLeftPart(UriPartial.Query), flight => LoraAsync(url, limit, flight), ct));
        }
        await using TempFile file = new(folder.Partial, limit);
        Download download = await downloader.DownloadAsync(url, file, known: null, TimeOf(request.Kind), ct);
        return await ToRequestAsync(file, download.ContentType);
    }

    private async Task<FetchedFile> DecodeAsync(FetchRequest request, long limit, CancellationToken ct)
    {
        await using TempFile file = new(folder.Partial, limit);
        string contentType = await DataUri.DecodeAsync(request.Url, file, ct);
        if (file.Length == 0)
        {
            throw FetchException.Download(request.Url, "the file is empty");
        }
        return request.Kind == FetchKind.Lora ? AsFile(await cache.AddAsync(file, contentType)) : await ToRequestAsync(file, contentType);
    }

    /// <summary>The file of the operator, or an upload: neither copied nor removed.</summary>
    private static async Task<FetchedFile> InPlaceAsync(string path, long limit, CancellationToken ct)
    {
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
        if (stream.Length > limit)
        {
            throw FetchException.TooLarge(limit);
        }
        return new FetchedFile(path, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct)), stream.Length, contentType: null);
    }

    private async Task<PinnedLora> LoraAsync(Uri url, long limit, CancellationToken ct)
    {
        IndexEntry? known = cache.Find(url);
        // Pinned while the server is asked, or the answer "unchanged" could come too late.
        using PinnedLora? cached = known is null ? null : cache.TryPin(known.Sha256, known.ContentType);
        if (cached is not null && HuggingFace.IsImmutable(url))
        {
            CountLora("hit");
            return cached.Again();
        }
        await using TempFile file = new(folder.Partial, limit);
        Download download = await downloader.DownloadAsync(url, file, cached is null ? null : known!.Validators, TimeOf(FetchKind.Lora), ct);
        if (download.NotModified)
        {
            CountLora("revalidated");
            return cached!.Again();
        }
        CountLora("miss");
        PinnedLora lora = await cache.AddAsync(file, download.ContentType);
        try
        {
            await cache.RememberAsync(url, new IndexEntry(lora.Sha256, download.ContentType, download.Validators!));
            return lora;
        }
        catch
        {
            lora.Dispose();
            throw;
        }
    }

    private static void CountLora(string result) => FetchMetrics.LoraCache.Add(1, new KeyValuePair<string, object?>("result", result));

    private static FetchedFile AsFile(PinnedLora lora) => new(lora.Path, lora.Sha256, lora.Length, lora.ContentType, () =>
    {
        lora.Dispose();
        return ValueTask.CompletedTask;
    });

    private async Task<FetchedFile> ToRequestAsync(TempFile file, string? contentType)
    {
        long length = file.Length;
        string sha256 = await file.CompleteAsync(durable: false);
        string path = file.HandOn();
        return new FetchedFile(path, sha256, length, contentType, () =>
        {
            OwnFiles.TryRemove(path, log);
            return ValueTask.CompletedTask;
        })
        {
            IsTemporary = true,
        };
    }
}
