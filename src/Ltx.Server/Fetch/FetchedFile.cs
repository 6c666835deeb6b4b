namespace Ltx.Server.Fetch;

/// <summary>One input on the local disk, valid until it is disposed.</summary>
internal abstract class FetchedFile : IAsyncDisposable
{
    public required string Path { get; init; }

    public required string Sha256 { get; init; }

    public required long Length { get; init; }

    public string? ContentType { get; init; }

    public abstract ValueTask DisposeAsync();
}
