using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>Asks the running server, with the key that lies in its data folder.</summary>
internal sealed class ServerRequestsAccess : IRequestsAccess
{
    private readonly HttpClient _client;

    public ServerRequestsAccess(DataFolder folder)
    {
        using var server = JsonDocument.Parse(File.ReadAllBytes(folder.ServerFile));
        var expected = server.RootElement.GetProperty("certificate").GetString();
        HttpClientHandler handler = new()
        {
            UseProxy = false,
            // The certificate need not name 127.0.0.1; it must be the one that the server itself wrote down.
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate is not null && expected == Fingerprint(certificate),
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri(server.RootElement.GetProperty("url").GetString()!) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Key", ApiKeys.OperatorKey(folder));
    }

    public Task<JsonElement> ListAsync(int limit, string? status, CancellationToken ct) => GetAsync($"/requests?limit={limit}&status={Uri.EscapeDataString(status ?? "")}", ct);

    public Task<JsonElement> ShowAsync(string id, CancellationToken ct) => GetAsync($"/requests/{Uri.EscapeDataString(id)}", ct);

    public async Task<string> CancelAsync(string id, CancellationToken ct) => await SendAsync(HttpMethod.Put, $"/queue/{InpaintSchema.App}/requests/{Uri.EscapeDataString(id)}/cancel", ct);

    public async Task<string> DeleteAsync(string id, CancellationToken ct) => await SendAsync(HttpMethod.Delete, $"/v1/models/requests/{Uri.EscapeDataString(id)}/payloads", ct);

    public void Dispose() => _client.Dispose();

    private static string Fingerprint(X509Certificate2 certificate) => Tls.ServerCertificate.Fingerprint(certificate);

    private async Task<JsonElement> GetAsync(string path, CancellationToken ct) => JsonDocument.Parse(await SendAsync(HttpMethod.Get, path, ct)).RootElement;

    private async Task<string> SendAsync(HttpMethod method, string path, CancellationToken ct)
    {
        try
        {
            using HttpRequestMessage message = new(method, path);
            using var answer = await _client.SendAsync(message, ct);
            var body = await answer.Content.ReadAsStringAsync(ct);
            return answer.IsSuccessStatusCode ? body : throw new RequestsAccessException($"The server answered {(int)answer.StatusCode}: {body}", usersFault: (int)answer.StatusCode < 500);
        }
        catch (HttpRequestException e)
        {
            throw new RequestsAccessException($"The server at {_client.BaseAddress} does not answer: {e.Message}", usersFault: false);
        }
    }
}
