using System.Text.Json;

namespace Ltx.Server.Commands;

/// <summary>The operator's reach into a data folder.</summary>
internal interface IRequestsAccess : IDisposable
{
    /// <param name="limit">how many at most, the newest</param>
    /// <param name="status">only those that are in it</param>
    /// <param name="prefix">only those whose ids begin so</param>
    /// <param name="ct">gives up</param>
    Task<IReadOnlyList<JsonElement>> ListAsync(int limit, string? status, string? prefix, CancellationToken ct);

    Task<JsonElement> ShowAsync(string id, CancellationToken ct);

    Task<string> CancelAsync(string id, CancellationToken ct);

    Task<string> DeleteAsync(string id, CancellationToken ct);
}
