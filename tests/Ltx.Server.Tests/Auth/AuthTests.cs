using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Auth;

[Fast]
public class AuthTests
{
    [Theory]
    [InlineData(null, null, null, 200)]
    [InlineData("Host", "localhost:8080", null, 200)]
    [InlineData("Host", "queue.localhost", null, 200)]
    [InlineData("Host", "[::1]:80", null, 200)]
    [InlineData("Host", "evil.example", null, 403)]
    [InlineData("Host", "127.0.0.1.evil.example", null, 403)]
    [InlineData("Host", "localhost.evil.example", null, 403)]
    [InlineData("Origin", "http://localhost:3000", null, 200)]
    [InlineData("Origin", "https://evil.example", null, 403)]
    [InlineData("Origin", "null", null, 403)]
    [InlineData("Origin", "file://localhost", null, 403)]
    [InlineData("Forwarded", "for=10.0.0.1", null, 403)]
    [InlineData("X-Forwarded-For", "127.0.0.1", null, 403)]
    [InlineData("X-Forwarded-Anything", "x", null, 403)]
    [InlineData("X-Forwarded-Host", "localhost", "127.0.0.1", 403)]
    [InlineData("Via", "1.1 proxy", null, 403)]
    [InlineData("X-Real-IP", "127.0.0.1", null, 403)]
    [InlineData("CF-Connecting-IP", "10.0.0.1", null, 403)]
    [InlineData("True-Client-IP", "10.0.0.1", null, 403)]
    [InlineData("x-client-ip", "10.0.0.1", null, 403)]
    [InlineData("X-Original-Host", "localhost", null, 403)]
    [InlineData("X-Envoy-External-Address", "10.0.0.1", null, 403)]
    public async Task Without_a_key_only_loopback_callers_are_served(string? header, string? value, string? trustedProxy, int expected)
    {
        await using var server = await TestServer.StartAsync(o => o.Server.TrustedProxies = trustedProxy is null ? [] : [trustedProxy]);
        (string, string)[] headers = header is null ? [] : [(header, value!)];
        Assert.Equal(expected, (await server.GetAsync("/requests", headers)).Status);
        Assert.Equal(expected == 200 ? 404 : 403, (await server.GetAsync($"/files/{new string('0', 32)}/x", headers)).Status);
        Assert.Equal(200, (await server.GetAsync("/health/live", headers)).Status);
    }

    [Fact]
    public async Task Anonymous_access_is_an_explicit_choice()
    {
        await using var server = await TestServer.StartAsync(o => o.Auth.AllowAnonymous = true);
        Assert.Equal(200, (await server.GetAsync("/requests", ("Host", "evil.example"))).Status);
    }

    [Fact]
    public async Task Keys_are_asked_for_in_fals_words()
    {
        await using var server = await TestServer.StartAsync(WithKeys);
        var none = await server.PostAsync(TestServer.Submit, TestServer.Input());
        Assert.Equal((401, "Cannot access application \"fal-ai/ltx-2.3-quality\". Authentication is required to access this application."), (none.Status, none.Json.GetProperty("detail").GetString()));
        foreach (var wrong in new[] { "Key wrong", "Key ", "Basic YTpi", "Key alice-secret2", "Bearer " })
        {
            Assert.Equal(401, (await server.PostAsync(TestServer.Submit, TestServer.Input(), ("Authorization", wrong))).Status);
        }

        foreach (var right in new[] { "Key alice-secret", "Bearer alice-secret", "key alice-secret" })
        {
            Assert.Equal(200, (await server.PostAsync(TestServer.Submit, TestServer.Input(), ("Authorization", right))).Status);
        }

        var proxied = await server.SendAsync(HttpMethod.Post, "/api/fal/proxy", null, ("x-fal-target-url", "https://queue.fal.run/fal-ai/ltx-2.3-quality/inpaint/lora"));
        Assert.Equal((401, "{\"detail\":\"Unauthorized\"}"), (proxied.Status, proxied.Body));
    }

    [Fact]
    public async Task A_request_belongs_to_its_key()
    {
        await using var server = await TestServer.StartAsync(WithKeys, new FakeEngine { FourthStep = new() });
        var alice = ("Authorization", "Key alice-secret");
        var bob = ("Authorization", "Key bob-secret");
        var id = (await server.PostAsync(TestServer.Submit, TestServer.Input(), alice)).Json.GetProperty("request_id").GetString()!;
        var path = $"/queue{TestServer.App}/requests/{id}";
        foreach (var stage in new[] { "live", "completed" })
        {
            Assert.Equal(404, (await server.GetAsync(path + "/status", bob)).Status);
            Assert.Equal(404, (await server.GetAsync(path + "/status/stream", bob)).Status);
            Assert.Equal(404, (await server.GetAsync(path, bob)).Status);
            Assert.Equal(404, (await server.SendAsync(HttpMethod.Put, path + "/cancel", null, bob)).Status);
            Assert.Equal(404, (await server.GetAsync("/requests/" + id, bob)).Status);
            Assert.Equal(404, (await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{id}/payloads", null, bob)).Status);
            Assert.Equal(0, (await server.GetAsync("/requests", bob)).Json.GetProperty("requests").GetArrayLength());
            Assert.Equal(401, (await server.GetAsync(path + "/status")).Status);
            if (stage == "live")
            {
                server.Engine.FourthStep!.Open();
                await server.WaitForAsync(id, headers: [alice]);
            }
        }

        Assert.Equal(1, (await server.GetAsync("/requests", alice)).Json.GetProperty("requests").GetArrayLength());
        var url = (await server.GetAsync(path, alice)).Json.GetProperty("video").GetProperty("url").GetString()!;
        Assert.Equal(200, (await server.GetAsync(url)).Status); // outputs are public for whoever has the URL
        var operatorKey = ("Authorization", "Key " + ApiKeys.OperatorKey(server.Service<DataFolder>()));
        Assert.Equal("alice", (await server.GetAsync("/requests", operatorKey)).Json.GetProperty("requests")[0].GetProperty("key_name").GetString());
        Assert.Equal(401, (await server.GetAsync("/requests", operatorKey, ("X-Forwarded-For", "10.1.1.1"))).Status);
    }

    [Fact]
    public async Task Bounds_on_waiting_hold_for_those_that_came_while_a_body_was_read()
    {
        await using var server = await TestServer.StartAsync(
            o =>
            {
                WithKeys(o);
                o.Queue.MaxWaiting = 3;
            },
            new FakeEngine { FourthStep = new() });
        var alice = ("Authorization", "Key alice-secret");
        await server.WaitForAsync((await server.PostAsync(TestServer.Submit, TestServer.Input(), alice)).Json.GetProperty("request_id").GetString()!, "IN_PROGRESS", headers: [alice]);
        var body = Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(TestServer.Input()));

        // All are told to go on while nothing waits, and send their bodies then.
        Assert.Equal(2, await AcceptedAsync("carol", 6)); // her own bound is two
        Assert.Equal(1, await AcceptedAsync("alice", 6));
        Assert.Equal(0, await AcceptedAsync("alice", 1, first: 429));
        server.Engine.FourthStep!.Open();

        async Task<int> AcceptedAsync(string who, int count, int first = 100)
        {
            List<RawClient> clients = [];
            for (var i = 0; i < count; i++)
            {
                RawClient client = new(server);
                clients.Add(client);
                await client.PostHeadAsync(TestServer.Submit, body.Length, $"Authorization: Key {who}-secret\r\n");
                Assert.Equal(first, await client.StatusAsync());
                await client.ReadToAsync("\r\n");
            }

            await Task.WhenAll(clients.Select(client => client.SendAsync(body)));
            var answers = first == 100 ? await Task.WhenAll(clients.Select(client => client.StatusAsync())) : [];
            clients.ForEach(client => client.Dispose());
            Assert.All(answers, answer => Assert.True(answer is 200 or 429, $"{answer}"));
            return answers.Count(answer => answer == 200);
        }
    }

    [Fact]
    public async Task Limits_of_a_key_answer_429_and_spare_the_others()
    {
        ManualClock clock = new();
        await using var server = await TestServer.StartAsync(WithKeys, new FakeEngine { FourthStep = new() }, register: (services, _) => services.AddSingleton<TimeProvider>(clock));
        var carol = ("Authorization", "Key carol-secret");
        async Task<Answer> Carol() => await server.PostAsync(TestServer.Submit, TestServer.Input(), carol);
        await server.WaitForAsync((await Carol()).Json.GetProperty("request_id").GetString()!, "IN_PROGRESS", headers: [carol]);
        int[] answers = [(await Carol()).Status, (await Carol()).Status, (await Carol()).Status];
        Assert.Equal([200, 200, 429], answers); // two may wait beside the running one
        Assert.Equal(200, (await server.PostAsync(TestServer.Submit, TestServer.Input(), ("Authorization", "Key alice-secret"))).Status);

        var dave = ("Authorization", "Key dave-secret");
        int[] daves = [await Dave(), await Dave(), await Dave()];
        Assert.Equal([200, 200, 429], daves);
        clock.Move(TimeSpan.FromSeconds(31));
        Assert.Equal(200, await Dave());
        server.Engine.FourthStep!.Open();
        async Task<int> Dave() => (await server.PostAsync(TestServer.Submit, TestServer.Input(), dave)).Status;
    }

    [Fact]
    public async Task Metrics_are_for_loopback_and_keys()
    {
        await using var server = await TestServer.StartAsync(WithKeys);
        var id = (await server.PostAsync(TestServer.Submit, TestServer.Input(), ("Authorization", "Key alice-secret"))).Json.GetProperty("request_id").GetString()!;
        await server.WaitForAsync(id, headers: [("Authorization", "Key alice-secret")]);
        var metrics = await server.GetAsync("/metrics");
        Assert.Equal(200, metrics.Status);
        foreach (var name in new[] { "ltx_queue_depth", "ltx_queue_wait", "ltx_run_duration", "ltx_run_stage_duration", "ltx_requests_completed", "ltx_gpu_memory_used", "ltx_disk_free", "http_server_request_duration" })
        {
            Assert.Contains(name, metrics.Body, StringComparison.Ordinal);
        }

        Assert.Equal(401, (await server.GetAsync("/metrics", ("X-Forwarded-For", "10.1.1.1"))).Status);
        Assert.Equal(200, (await server.GetAsync("/metrics", ("X-Forwarded-For", "10.1.1.1"), ("Authorization", "Key bob-secret"))).Status);
    }

    [Fact]
    public void Upload_tokens_are_for_uploads_and_end()
    {
        using TempFolder data = new();
        using DataFolder folder = new(data.Path);
        SignedTokens tokens = new(folder, TimeProvider.System);
        var token = tokens.Create(SignedTokens.Upload, "alice|x", DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal("alice|x", tokens.Owner(SignedTokens.Upload, token));
        Assert.Null(tokens.Owner(SignedTokens.Realtime, token));
        Assert.Null(tokens.Owner(SignedTokens.Upload, token[..^2] + "AA"));
        Assert.Null(tokens.Owner(SignedTokens.Upload, tokens.Create(SignedTokens.Upload, "alice", DateTimeOffset.UtcNow.AddMinutes(-1))));
    }

    private static void WithKeys(LtxOptions options) => options.Auth.Keys =
    [
        Key("alice"), Key("bob"), Key("carol", maxWaiting: 2), Key("dave", perMinute: 2),
    ];

    private static ApiKeyOptions Key(string name, int maxWaiting = 0, int perMinute = 0) => new()
    {
        Name = name,
        Hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name + "-secret"))),
        MaxWaiting = maxWaiting,
        RequestsPerMinute = perMinute,
    };
}
