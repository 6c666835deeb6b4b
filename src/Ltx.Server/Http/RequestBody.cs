namespace Ltx.Server.Http;

/// <summary>A body in memory and, for a large one, the turn that it holds until it is disposed.</summary>
internal sealed class RequestBody(ReadOnlyMemory<byte> bytes, IDisposable? turn) : IDisposable
{
    private IDisposable? _turn = turn;

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Dispose();
}
