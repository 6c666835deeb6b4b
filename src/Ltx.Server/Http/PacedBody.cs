using System.Diagnostics;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;

namespace Ltx.Server.Http;

/// <summary>The body of a request whose sender has to keep up, else 408. Only the time in which it is waited for counts.</summary>
internal sealed class PacedBody(HttpContext context, LimitsOptions limits, double leastPerSecond) : ReadingStream
{
    private readonly Stream _inner = context.Request.Body;
    private readonly Pace _pace = new(leastPerSecond, TimeSpan.FromSeconds(limits.IdleBodySeconds));
    private readonly CancellationTokenSource _idle = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);

    public double LeastPerSecond { set => _pace.LeastPerSecond = value; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var began = Stopwatch.GetTimestamp();
        int read;
        try
        {
            _idle.CancelAfter(_pace.Window);
            read = await _inner.ReadAsync(buffer, _idle.Token);
            _idle.CancelAfter(Timeout.InfiniteTimeSpan);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw TooSlow();
        }

        return read == 0 || _pace.KeepsUp(Stopwatch.GetElapsedTime(began), read) ? read : throw TooSlow();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _idle.Dispose();
        }

        base.Dispose(disposing);
    }

    private static BadHttpRequestException TooSlow() => new("The request body came too slowly.", StatusCodes.Status408RequestTimeout);
}
