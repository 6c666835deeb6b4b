using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>Talks to the server that runs over a data folder, with the key that lies in it.</summary>
internal sealed class OperatorClient : IDisposable
{
    private readonly HttpClient _client;

    public OperatorClient(DataFolder folder)
    {
        using var server = JsonDocument.Parse(File.ReadAllBytes(folder.ServerFile));
        Server = server.RootElement.Clone();
        var expected = Server.GetProperty("certificate").GetString();
        HttpClientHandler handler = new()
        {
            UseProxy = false,
            // The certificate need not name 127.0.0.1; it must be the one that the server itself wrote down.
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate is not null && expected == Fingerprint(certificate),
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri(Server.GetProperty("url").GetString()!) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Key", ApiKeys.OperatorKey(folder));
    }

    /// <summary>What the server has written down of itself.</summary>
    public JsonElement Server { get; }

    public async Task<JsonElement> GetAsync(string path, CancellationToken ct) =>
        JsonDocument.Parse(await SendAsync(HttpMethod.Get, path, ct)).RootElement;

    /// <param name="method">of the call</param>
    /// <param name="path">of the route</param>
    /// <param name="ct">gives up</param>
    /// <param name="alsoGood">a status that is an answer, too</param>
    /// <exception cref="RequestsAccessException">The server does not answer, or refuses.</exception>
    public async Task<string> SendAsync(HttpMethod method, string path, CancellationToken ct, int alsoGood = 200)
    {
        try
        {
            using HttpRequestMessage message = new(method, path);
            using var answer = await _client.SendAsync(message, ct);
            var body = await answer.Content.ReadAsStringAsync(ct);
            var status = (int)answer.StatusCode;
            return answer.IsSuccessStatusCode || status == alsoGood
                ? body
                : throw new RequestsAccessException($"The server answered {status}: {body}", usersFault: status < 500);
        }
        catch (HttpRequestException e)
        {
            throw new RequestsAccessException($"The server at {_client.BaseAddress} does not answer: {e.Message}", usersFault: false);
        }
    }

    public void Dispose() => _client.Dispose();

    private static string Fingerprint(X509Certificate2 certificate) => Tls.ServerCertificate.Fingerprint(certificate);
}
