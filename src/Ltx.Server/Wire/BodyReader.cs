using Ltx.Server.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace Ltx.Server.Wire;

/// <summary>Reads JSON bodies whole. Large ones, data URIs of videos, take turns: memory is bounded by their number.</summary>
internal sealed class BodyReader(LtxOptions options) : IDisposable
{
    private const int Large = 1 << 20;

    /// <summary>How many times the limit is read and thrown away for the sake of a readable answer.</summary>
    private const int DrainFactor = 3;

    private readonly SemaphoreSlim _large = new(options.Limits.ConcurrentLargeBodies);

    /// <summary>The body; the caller disposes it when it no longer needs the bytes.</summary>
    public async Task<RequestBody> ReadAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        var limit = options.Limits.MaxBodyBytes;
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = (1 + DrainFactor) * limit;
        if (context.Request.ContentLength > limit)
        {
            await RefuseAsync(context, limit);
        }

        var buffer = new byte[(int)Math.Min(context.Request.ContentLength ?? 4096, Large)];
        var length = 0;
        var holdsTurn = false;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (!holdsTurn && length >= Large)
                    {
                        await _large.WaitAsync(ct);
                        holdsTurn = true;
                    }

                    // A known length is believed once its sender has its turn; one byte more shows the end.
                    var wanted = context.Request.ContentLength is { } known && known >= length ? known + 1 : Math.Min(2L * Math.Max(length, 4096), limit + 1);
                    Array.Resize(ref buffer, (int)Math.Min(wanted, holdsTurn ? limit + 1 : Large));
                }

                var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), ct);
                if (read == 0)
                {
                    return new RequestBody(buffer.AsMemory(0, length), holdsTurn ? _large : null);
                }

                length += read;
                if (length > limit)
                {
                    await RefuseAsync(context, limit);
                }
            }
        }
        catch
        {
            if (holdsTurn)
            {
                _large.Release();
            }

            throw;
        }
    }

    public void Dispose() => _large.Dispose();

    /// <summary>
    /// Reads the rest, within bounds, before the 413: an answer in the middle of a body resets the connection, and the client sees a
    /// network error, which it tries again, instead of the answer.
    /// </summary>
    private static async Task RefuseAsync(HttpContext context, long limit)
    {
        var buffer = new byte[1 << 16];
        for (long drained = 0; drained < DrainFactor * limit;)
        {
            var read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted);
            if (read == 0)
            {
                break;
            }

            drained += read;
        }

        throw new BadHttpRequestException("The request body is larger than the server takes.", StatusCodes.Status413PayloadTooLarge);
    }
}
