using Ltx.Server.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace Ltx.Server.Http;

/// <summary>
/// Reads JSON bodies whole. Large ones, data URIs of videos, take turns: memory is bounded by their number. A buffer grows with what has come, never
/// with what is only announced.
/// </summary>
internal sealed class BodyReader(LtxOptions options)
{
    private const int FirstBuffer = 4096;

    private const int Large = 1 << 20;

    /// <summary>How many times the limit is read and thrown away for the sake of a readable answer.</summary>
    private const int DrainFactor = 3;

    private readonly Turns _large = new(
        options.Limits.ConcurrentLargeBodies, TimeSpan.FromSeconds(options.Limits.BodyWaitSeconds), "The server is reading other large requests. Please try again.");

    /// <summary>The body; the caller disposes it when it no longer needs the bytes.</summary>
    public async Task<RequestBody> ReadAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        var limit = options.Limits.MaxBodyBytes;
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = (1 + DrainFactor) * limit;
        await using PacedBody source = new(context, options.Limits, options.Limits.MinBodyBytesPerSecond);
        if (context.Request.ContentLength > limit)
        {
            await RefuseAsync(source, limit);
        }

        var buffer = new byte[FirstBuffer];
        var length = 0;
        IDisposable? turn = null;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (turn is null && length >= Large)
                    {
                        turn = await EnterAsync(context, source, limit);
                        source.LeastPerSecond = options.Limits.MinLargeBodyBytesPerSecond;
                    }

                    // One byte more than a known length shows the end.
                    var wanted = context.Request.ContentLength is { } known && known >= length ? Math.Min(2L * length, known + 1) : 2L * length;
                    Array.Resize(ref buffer, (int)Math.Min(wanted, turn is null ? Large : limit + 1));
                }

                var read = await source.ReadAsync(buffer.AsMemory(length), ct);
                if (read == 0)
                {
                    return new RequestBody(buffer.AsMemory(0, length), turn);
                }

                length += read;
                if (length > limit)
                {
                    await RefuseAsync(source, limit);
                }
            }
        }
        catch
        {
            turn?.Dispose();
            throw;
        }
    }

    private async Task<IDisposable> EnterAsync(HttpContext context, PacedBody source, long limit)
    {
        try
        {
            return await _large.EnterAsync(Turns.WhoCalls(context), context.RequestAborted);
        }
        catch (BusyException)
        {
            await DrainAsync(source, limit);
            throw;
        }
    }

    private static async Task RefuseAsync(PacedBody source, long limit)
    {
        await DrainAsync(source, limit);
        throw new BadHttpRequestException("The request body is larger than the server takes.", StatusCodes.Status413PayloadTooLarge);
    }

    /// <summary>
    /// Reads the rest, within bounds, before a refusal: an answer in the middle of a body resets the connection, and the client sees a
    /// network error, which it tries again, instead of the answer.
    /// </summary>
    private static async Task DrainAsync(PacedBody source, long limit)
    {
        var buffer = new byte[1 << 16];
        for (long drained = 0; drained < DrainFactor * limit;)
        {
            var read = await source.ReadAsync(buffer);
            if (read == 0)
            {
                break;
            }

            drained += read;
        }
    }
}

/// <summary>A body in memory and, for a large one, the turn that it holds until it is disposed.</summary>
internal sealed class RequestBody(ReadOnlyMemory<byte> bytes, IDisposable? turn) : IDisposable
{
    private IDisposable? _turn = turn;

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Dispose();
}
