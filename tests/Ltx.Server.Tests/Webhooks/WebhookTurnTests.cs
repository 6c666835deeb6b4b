using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Configuration;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Ltx.Server.Webhooks;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Webhooks;

/// <summary>One caller's webhooks, whatever becomes of them, leave the others' their turns.</summary>
[Fast]
public class WebhookTurnTests
{
    private const int Many = 40; // more than were ever looked at together

    [Fact]
    public async Task Webhooks_that_cannot_be_sent_are_counted_put_off_and_in_nobodys_way()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        FakeEngine engine = new() { FourthStep = new Gate() };
        await using var server = await TestServer.StartAsync(o => o.Webhooks.RetrySeconds = [3600], engine, register: (services, _) => services.AddKeyedSingleton(WebhookSender.ClientKey, new HttpMessageInvoker(new Faulty())));
        for (var i = 0; i < Many; i++)
        {
            await SubmitAsync(server, $"http://odd.example/{i % 2}"); // makes the sender throw
        }

        // Such a URL makes .NET's reader throw. It is refused at the submit; an older release took it in.
        const string Unreadable = "http://\u05d0a.invalid/";
        Assert.Equal(400, (await server.PostAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(Unreadable)}", TestServer.Input())).Status);
        await server.Service<Database>().WriteAsync(db => db.Execute("UPDATE webhooks SET url = $url WHERE url LIKE '%/1'", ("$url", Unreadable)));
        engine.FourthStep.Open();

        var good = await SubmitAsync(server, receiver.Url);
        await receiver.WaitForAsync(d => d.RequestId == good);
        await UntilAsync(() => Count(server, "tries = 0") == 0);
        Assert.Equal(Many / 2, Count(server, "state = 1 AND tries = 1 AND last_outcome = 'NotSupportedException'")); // owed in an hour
        Assert.Equal(Many / 2, Count(server, "state = 3 AND tries = 1")); // of no use ever
    }

    [Fact]
    public async Task Receivers_that_never_answer_hold_their_own_keys_turns_only()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        Faulty client = new();
        await using var server = await TestServer.StartAsync(
            o => (o.Auth.Keys, o.Webhooks.FirstTimeoutSeconds) = ([Key("alice"), Key("mallory")], 600),
            register: (services, _) => services.AddKeyedSingleton(WebhookSender.ClientKey, new HttpMessageInvoker(client)));
        for (var i = 0; i < Many; i++)
        {
            await SubmitAsync(server, $"http://dead{i % 10}.example/", "mallory");
        }

        await UntilAsync(() => client.Hanging.Count == server.Options.Webhooks.Concurrency);
        var good = await SubmitAsync(server, receiver.Url, "alice");
        await receiver.WaitForAsync(d => d.RequestId == good);
        Assert.Equal(server.Options.Webhooks.Concurrency, client.Hanging.Count);
    }

    [Fact]
    public async Task A_host_that_never_answers_leaves_the_others_of_the_same_key_their_turns()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        Faulty client = new();
        await using var server = await TestServer.StartAsync(o => o.Webhooks.FirstTimeoutSeconds = 600, register: (services, _) => services.AddKeyedSingleton(WebhookSender.ClientKey, new HttpMessageInvoker(client)));
        for (var i = 0; i < Many; i++)
        {
            await SubmitAsync(server, "http://dead.example/");
        }

        var good = await SubmitAsync(server, receiver.Url);
        await receiver.WaitForAsync(d => d.RequestId == good);
        Assert.Equal(server.Options.Webhooks.ConcurrencyPerHost, client.Hanging.Count);
    }

    [Fact]
    public async Task An_older_database_gets_the_columns_and_its_webhooks_are_sent()
    {
        using TempFolder data = new();
        await using var receiver = await WebhookReceiver.StartAsync();
        string id;
        await using (var server = await TestServer.StartAsync(o => o.Webhooks.RetrySeconds = [3600], data: data.Path))
        {
            receiver.Answer = _ => 500;
            id = await SubmitAsync(server, receiver.Url);
            await receiver.WaitForAsync(_ => true);
            await UntilAsync(() => Count(server, "tries > 0") == 1);
        }

        // Not before its server has ended: a try that is under way would write its outcome over this.
        await using (SqliteConnection older = new($"Data Source={Path.Combine(data.Path, "ltx.db")};Pooling=False"))
        {
            older.Open();
            await using SqliteCommand change = older.CreateCommand();
            change.CommandText =
                """
                DROP INDEX webhooks_in_turn; ALTER TABLE webhooks DROP COLUMN owner; ALTER TABLE webhooks DROP COLUMN host;
                DROP INDEX files_of_request; ALTER TABLE requests DROP COLUMN proven; UPDATE requests SET endpoint = 'inpaint/lora';
                UPDATE webhooks SET state = 1, next_at = 0; PRAGMA user_version = 1;
                """;
            change.ExecuteNonQuery();
        }

        receiver.Answer = _ => 200;
        receiver.Deliveries.Clear();
        await using var next = await TestServer.StartAsync(data: data.Path);
        await receiver.WaitForAsync(d => d.RequestId == id);
        Assert.Equal("fal-ai/ltx-2.3-quality/inpaint/lora", next.Service<RequestStore>().Find(id)!.Endpoint);
    }

    private static ApiKeyOptions Key(string name) => new() { Name = name, Hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name))) };

    private static long Count(TestServer server, string where) => server.Service<Database>().Read(db => db.Scalar<long>($"SELECT count(*) FROM webhooks WHERE {where}"));

    private static async Task<string> SubmitAsync(TestServer server, string webhook, string? key = null)
    {
        (string, string)[] headers = key is null ? [] : [("Authorization", "Key " + key)];
        var answer = await server.PostAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(webhook)}", TestServer.Input(), headers);
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("request_id").GetString()!;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(3); !holds(); await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, "It does not come to that.");
        }
    }

    /// <summary>Hosts named "odd" make it throw what nobody expects, hosts named "dead" never answer, all others are real.</summary>
    private sealed class Faulty() : DelegatingHandler(new SocketsHttpHandler())
    {
        public ConcurrentQueue<string> Hanging { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var host = request.RequestUri!.Host;
            if (host.StartsWith("odd", StringComparison.Ordinal))
            {
                throw new NotSupportedException("as odd as it gets");
            }

            if (host.StartsWith("dead", StringComparison.Ordinal))
            {
                Hanging.Enqueue(host);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
