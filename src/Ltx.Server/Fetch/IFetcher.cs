namespace Ltx.Server.Fetch;

/// <summary>Brings what a client's URL names to a local file.</summary>
internal interface IFetcher
{
    /// <summary>Takes http, https, data: and allowed file: URLs.</summary>
    /// <exception cref="FetchException">The client's URL is at fault: it cannot be had, is forbidden or too large.</exception>
    Task<FetchedFile> FetchAsync(FetchRequest request, CancellationToken ct);
}
