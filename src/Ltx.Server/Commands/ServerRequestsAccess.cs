using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>Asks the running server.</summary>
internal sealed class ServerRequestsAccess(DataFolder folder) : IRequestsAccess
{
    // The server gives no more at once.
    private const int LargestPage = 100;

    private readonly OperatorClient _client = new(folder);

    public async Task<IReadOnlyList<JsonElement>> ListAsync(int limit, string? status, string? prefix, CancellationToken ct)
    {
        List<JsonElement> requests = [];
        string? cursor = "";
        while (cursor is not null && requests.Count < limit)
        {
            var bounds = $"limit={Math.Min(limit - requests.Count, LargestPage)}&cursor={cursor}";
            var wanted = $"status={Uri.EscapeDataString(status ?? "")}&prefix={Uri.EscapeDataString(prefix ?? "")}";
            var page = await _client.GetAsync($"/requests?{bounds}&{wanted}", ct);
            requests.AddRange(page.GetProperty("requests").EnumerateArray());
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return requests;
    }

    public Task<JsonElement> ShowAsync(string id, CancellationToken ct) => _client.GetAsync($"/requests/{Uri.EscapeDataString(id)}", ct);

    public async Task<string> CancelAsync(string id, CancellationToken ct) =>
        await _client.SendAsync(HttpMethod.Put, $"/queue/{InpaintSchema.App}/requests/{Uri.EscapeDataString(id)}/cancel", ct);

    public async Task<string> DeleteAsync(string id, CancellationToken ct) =>
        await _client.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{Uri.EscapeDataString(id)}/payloads", ct);

    public void Dispose() => _client.Dispose();
}
