using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Ltx.Server.Models;

/// <summary>
/// Loads one file of the hub in several ranges at once, goes on where an earlier process stopped, and gives the file its name when its
/// bytes are those that the hub states. What is written meanwhile has another name.
/// </summary>
/// <param name="hub">where from</param>
/// <param name="tell">told of bytes as they come, and of bytes that turned out to be worth nothing as negative ones; from any thread</param>
internal sealed class RangeDownloader(HubClient hub, Action<long> tell)
{
    private const int BufferSize = 1 << 20;

    private readonly HubOptions options = hub.Options;
    private long counted;

    /// <summary>Fills the file and checks it.</summary>
    /// <param name="part">where the bytes go; disposed by the caller</param>
    /// <exception cref="ModelException">The hub gives no sound bytes.</exception>
    public async Task LoadAsync(PartialFile part, CancellationToken cancellation)
    {
        counted = part.Done;
        for (int beginning = 1; ; beginning++)
        {
            try
            {
                await LoadSegmentsAsync(part, cancellation);
                await CheckAsync(part, cancellation);
                return;
            }
            // Once may be a new upload or an old note; twice is no coincidence.
            catch (ChangedFileException e)
            {
                tell(-Interlocked.Exchange(ref counted, 0));
                part.Restart();
                if (beginning == 2) throw new ModelException($"\"{part.File.Path}\" of {part.File.Repository} cannot be trusted: {e.Message}. It was begun anew once; nothing of it is kept.", e);
            }
        }
    }

    private async Task LoadSegmentsAsync(PartialFile part, CancellationToken cancellation)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellation };
        try
        {
            await Parallel.ForEachAsync(part.Open, parallel, async (segment, ct) => await LoadSegmentAsync(part, segment, ct));
        }
        // One failure ends the others, and it is the one that counts.
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ModelException($"Loading \"{part.File.Path}\" of {part.File.Repository} was broken off.");
        }
    }

    // As often as something comes: tries count only while nothing does.
    private async Task LoadSegmentAsync(PartialFile part, int segment, CancellationToken cancellation)
    {
        (long start, long length) = part.Span(segment);
        long at = start, end = start + length;
        for (int attempt = 1; at < end; attempt++)
        {
            long before = at;
            HubTrouble trouble;
            try
            {
                using HttpResponseMessage response = await hub.GetAsync(part.File, headers => Ask(headers, part, at, end), cancellation);
                if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
                {
                    CheckAnswer(part, response, at, end);
                    await foreach (int read in CopyAsync(part, response, at, end, cancellation)) at += read;
                    if (at < end) throw new IOException("the server ended the answer too early");
                    break;
                }
                if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) throw new ChangedFileException($"the hub states {part.File.Bytes} bytes, and the server has not that many");
                trouble = HubTrouble.Of(response, part.File.Repository, options);
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                trouble = HubTrouble.Lost(e, options);
            }
            if (at > before) attempt = 1;
            await trouble.WaitAsync(attempt, options, cancellation);
        }
        part.Finish(segment);
    }

    private static void Ask(HttpRequestHeaders headers, PartialFile part, long at, long end)
    {
        // A whole small file needs no range, and not every server that has one knows ranges.
        if (at == 0 && end == part.File.Bytes) return;
        headers.Range = new RangeHeaderValue(at, end - 1);
        if (part.Tag is { } tag) headers.IfRange = new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(tag));
    }

    private static void CheckAnswer(PartialFile part, HttpResponseMessage response, long at, long end)
    {
        HttpContentHeaders headers = response.Content.Headers;
        if (!part.Accepts(response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null)) throw new ChangedFileException("the server's file changed while it was loaded");
        if (headers.ContentEncoding.Any(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))) throw new ChangedFileException("the server compresses it unasked");
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (headers.ContentRange is not { Unit: "bytes", HasRange: true } range || range.From != at || range.To >= end) throw new ChangedFileException($"the server answers bytes {headers.ContentRange?.From}-{headers.ContentRange?.To} where {at}-{end - 1} were asked for");
            if (range.HasLength && range.Length != part.File.Bytes) throw new ChangedFileException($"the hub states {part.File.Bytes} bytes, and the server {range.Length}");
            if (headers.ContentLength is { } partial && partial != range.To - range.From + 1) throw new ChangedFileException($"the server announces {partial} bytes for a range of {range.To - range.From + 1}");
        }
        else
        {
            if (headers.ContentLength is { } whole && whole != part.File.Bytes) throw new ChangedFileException($"the hub states {part.File.Bytes} bytes, and the server {whole}");
            // The beginning of the whole file is as good as the range; anything else is not there.
            if (at != 0) throw new ModelException($"The server of \"{part.File.Path}\" gives no ranges, and {part.File.Bytes} bytes are not loaded without them: a lost connection would begin anew.");
        }
    }

    private async IAsyncEnumerable<int> CopyAsync(PartialFile part, HttpResponseMessage response, long at, long end, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        using CancellationTokenSource idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
            while (at < end)
            {
                idle.CancelAfter(options.IdleTimeout);
                int read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - at)), idle.Token);
                if (read == 0) yield break;
                await part.WriteAsync(at, buffer.AsMemory(0, read), cancellation);
                at += read;
                Interlocked.Add(ref counted, read);
                tell(read);
                yield return read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task CheckAsync(PartialFile part, CancellationToken cancellation)
    {
        ContentHash actual = await part.HashAsync(cancellation);
        if (actual != part.File.Hash) throw new ChangedFileException($"its bytes have the {actual}, and the hub states {part.File.Hash.Value}");
    }
}
