using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Ltx.Server.Tests.Support;
using Ltx.Server.Tls;

namespace Ltx.Server.Tests.Clients;

/// <summary>The requests of fal's Python client, replayed over TLS in the order in which it makes them: it speaks https alone and follows the URLs that it is given.</summary>
[Fast]
public class PythonClientTests
{
    [Fact]
    public async Task Subscribe_uploads_and_parts_over_a_certificate_made_at_the_first_start()
    {
        using TempFolder data = new();
        await using var server = await TestServer.StartAsync(o => o.Server.Urls = "https://127.0.0.1:0", data: data.Path);
        using var trusted = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data.Path, "tls.pem"));
        using HttpClientHandler handler = new() { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => IsTrusted(certificate!, trusted) };
        using HttpClient client = new(handler) { BaseAddress = new Uri(server.Url) };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "fal-client/1.0.0 (python)");
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Key id:secret");

        // 1. Token, then the bytes themselves.
        var token = await JsonAsync(await client.PostAsync("/storage/auth/token?storage_type=fal-cdn-v3", new StringContent("{}", Encoding.UTF8, "application/json")));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$", token.GetProperty("expires_at").GetString());
        Assert.Equal(server.Url, token.GetProperty("base_url").GetString());
        var bearer = $"{token.GetProperty("token_type").GetString()} {token.GetProperty("token").GetString()}";
        var video = RandomNumberGenerator.GetBytes(5000);
        var access = (await JsonAsync(await SendAsync(client, HttpMethod.Post, "/files/upload", video, bearer, "clip.mp4"))).GetProperty("access_url").GetString()!;
        Assert.Equal(video, await client.GetByteArrayAsync(access));

        // 2. In parts, in any order, completed with an unsorted list.
        var multipart = await JsonAsync(await SendAsync(client, HttpMethod.Post, "/files/upload/multipart", [], bearer, "mask.mp4"));
        var (url, uploadId) = (multipart.GetProperty("access_url").GetString()!, multipart.GetProperty("uploadId").GetString()!);
        var chunks = Enumerable.Range(1, 4).ToDictionary(n => n, n => RandomNumberGenerator.GetBytes(1000 * n));
        List<object> parts = [];
        foreach (var number in new[] { 3, 1, 4, 2 })
        {
            using var answer = await SendAsync(client, HttpMethod.Put, $"{url}/multipart/{uploadId}/{number}", chunks[number], bearer, null);
            parts.Add(new { partNumber = number, etag = answer.Headers.ETag!.Tag });
        }

        using var empty = await SendAsync(client, HttpMethod.Put, $"{url}/multipart/{uploadId}/5", [], bearer, null);
        Assert.Equal(400, (int)empty.StatusCode);
        await JsonAsync(await client.PostAsync($"{url}/multipart/{uploadId}/complete", new StringContent(JsonSerializer.Serialize(new { parts }), Encoding.UTF8, "application/json")));
        Assert.Equal(chunks.OrderBy(c => c.Key).SelectMany(c => c.Value), await client.GetByteArrayAsync(url));

        // 3. Submit, poll with logs as httpx writes booleans, result; all by the URLs of the answer.
        using HttpRequestMessage submit = new(HttpMethod.Post, TestServer.Submit)
        {
            Content = new StringContent(JsonSerializer.Serialize(TestServer.Input(("video_url", access), ("mask_video_url", url))), Encoding.UTF8, "application/json"),
        };
        submit.Headers.Add("X-Fal-Request-Timeout", "30.0");
        var handle = await JsonAsync(await client.SendAsync(submit));
        JsonElement status;
        do
        {
            status = await JsonAsync(await client.GetAsync(handle.GetProperty("status_url").GetString() + "?logs=true"));
            _ = status.GetProperty("status").GetString() == "IN_QUEUE" ? status.GetProperty("queue_position") : status.GetProperty("logs");
        }
        while (status.GetProperty("status").GetString() != "COMPLETED");
        Assert.Contains("inference_time", status.GetProperty("metrics").EnumerateObject().Select(p => p.Name));
        var result = await JsonAsync(await client.GetAsync(handle.GetProperty("response_url").GetString()));
        Assert.StartsWith(server.Url + "/files/", result.GetProperty("video").GetProperty("url").GetString(), StringComparison.Ordinal);

        // 4. The uploads went to the runner without a network.
        var job = server.Engine.Runner.Jobs.Single();
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(video)), job.Video.Sha256);
        Assert.Equal(10_000, job.Mask.Length);
        using var cancel = await client.PutAsync(handle.GetProperty("cancel_url").GetString(), null);
        Assert.Equal(400, (int)cancel.StatusCode);
    }

    [Fact]
    public async Task The_certificate_stays_the_same_over_restarts_and_names_what_it_must()
    {
        using TempFolder data = new();
        string first;
        await using (await TestServer.StartAsync(Tls, data: data.Path))
        {
            using var made = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data.Path, "tls.pem"));
            first = ServerCertificate.Fingerprint(made);
            Assert.True(made.MatchesHostname("localhost") && made.MatchesHostname("127.0.0.1") && made.MatchesHostname("ltx.example.org"));
            Assert.False(made.MatchesHostname("example.org"));
        }

        await using (await TestServer.StartAsync(Tls, data: data.Path))
        {
            using var kept = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data.Path, "tls.pem"));
            Assert.Equal(first, ServerCertificate.Fingerprint(kept));
        }

        static void Tls(Ltx.Server.Configuration.LtxOptions o)
        {
            o.Server.Urls = "https://127.0.0.1:0";
            o.Tls.Names = ["ltx.example.org"];
        }
    }

    /// <summary>What SSL_CERT_FILE does: the file is the only authority.</summary>
    private static bool IsTrusted(X509Certificate2 certificate, X509Certificate2 trusted)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate) && certificate.MatchesHostname("127.0.0.1");
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string url, byte[] body, string authorization, string? name)
    {
        using HttpRequestMessage message = new(method, url) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        message.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (name is not null)
        {
            message.Headers.Add("X-Fal-File-Name", name);
        }

        return await client.SendAsync(message);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}
