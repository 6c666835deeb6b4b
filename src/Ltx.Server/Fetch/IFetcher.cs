namespace Ltx.Server.Fetch;

/// <summary>Brings a file that a client named to the local disk without letting the client reach anything that it should not.</summary>
internal interface IFetcher
{
    /// <summary>The most bytes that a file of this kind may have, wherever it comes from.</summary>
    long LimitOf(FetchKind kind);

    /// <exception cref="FetchException">The URL is refused, or the file cannot be had, or it is too large.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task<FetchedFile> FetchAsync(FetchRequest request, CancellationToken ct);
}
