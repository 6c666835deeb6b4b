using System.Text.Json;

namespace Ltx.Server.Commands;

/// <summary>The operator's reach into a data folder.</summary>
internal interface IRequestsAccess : IDisposable
{
    Task<JsonElement> ListAsync(int limit, string? status, CancellationToken ct);

    Task<JsonElement> ShowAsync(string id, CancellationToken ct);

    Task<string> CancelAsync(string id, CancellationToken ct);

    Task<string> DeleteAsync(string id, CancellationToken ct);
}
