using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Queue;

/// <summary>The promise of the queue, tried with SIGKILL: what was acknowledged is done, once, and told.</summary>
[Collection("alone")]
public class KillTests(ITestOutputHelper output)
{
    private const int Rounds = 50;

    [Fact]
    public async Task Fifty_kills_lose_nothing_repeat_nothing_and_every_webhook_arrives()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = n => n % 10 == 0 ? 500 : 200; // some tries fail and must be made again
        var data = Path.Combine(Path.GetTempPath(), "ltx-kill-" + Guid.NewGuid().ToString("N"));
        string[] settings = [.. Enumerable.Range(0, 10).Select(i => $"Webhooks:RetrySeconds:{i}=0.2")];
        ConcurrentDictionary<string, bool> acknowledged = new();
        ConcurrentDictionary<string, string> firstSeen = new();
        Random random = new(4);
        List<double> starts = [];

        for (var round = 0; round < Rounds; round++)
        {
            using var server = HostProcess.Start(data, 1, settings);
            var began = DateTime.UtcNow;
            if (round % 10 == 9)
            {
                await Task.Delay(random.Next(50, 1000)); // in the middle of a start
                server.Kill();
                continue;
            }

            await server.WaitUntilLiveAsync();
            starts.Add((DateTime.UtcNow - began).TotalSeconds);
            using CancellationTokenSource stop = new();
            Task[] clients = [.. Enumerable.Range(0, 2).Select(_ => SubmitUntilAsync(server.Client, receiver.Url, acknowledged, stop.Token)), LookAtResultsAsync(server.Client, acknowledged, firstSeen, stop.Token)];
            if (round % 2 == 0)
            {
                await AcknowledgedAsync(acknowledged, acknowledged.Count + 3); // a slow machine would else be killed before there is anything to lose
            }

            await Task.Delay(random.Next(20, 700));
            server.Kill();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        using var last = HostProcess.Start(data, 1, settings);
        await last.WaitUntilLiveAsync();
        var key = await WebhookReceiver.KeyAsync(last.Client);
        Dictionary<string, string> results = [];
        var failed = 0;
        foreach (var id in acknowledged.Keys)
        {
            var (code, body) = await ResultAsync(last.Client, id);
            failed += code == 503 ? 1 : 0;
            Assert.True(code is 200 or 503, $"{id}: {code} {body}");
            results[id] = body;
            if (firstSeen.TryGetValue(id, out var earlier))
            {
                Assert.Equal(earlier, body);
            }
        }

        for (var deadline = DateTime.UtcNow.AddSeconds(120); acknowledged.Keys.Except(receiver.Deliveries.Select(d => d.RequestId)).Any(); await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < deadline, "Some webhooks were never delivered.");
        }

        foreach (var delivery in receiver.Deliveries)
        {
            Assert.True(WebhookReceiver.Verify(delivery, key), "A webhook has a wrong signature.");
            if (results.TryGetValue(delivery.RequestId, out var result))
            {
                Assert.Equal(result, delivery.Json.GetProperty("payload").GetRawText());
            }
        }

        output.WriteLine($"{Rounds} rounds, {acknowledged.Count} acknowledged, {firstSeen.Count} results seen before a kill, {failed} failed after three attempts, {receiver.Deliveries.Count} deliveries, median start {starts.Order().ElementAt(starts.Count / 2):F2} s");
        Assert.True(acknowledged.Count > Rounds, "Too few submits for a meaningful test.");
        Assert.Equal(0, last.Stop());
        Directory.Delete(data, recursive: true);
    }

    private static async Task AcknowledgedAsync(ConcurrentDictionary<string, bool> acknowledged, int count)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); acknowledged.Count < count; await Task.Delay(5))
        {
            Assert.True(DateTime.UtcNow < deadline, "The server acknowledges nothing.");
        }
    }

    private static async Task SubmitUntilAsync(HttpClient client, string webhook, ConcurrentDictionary<string, bool> acknowledged, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.PostAsJsonAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(webhook)}", TestServer.Input(), CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    acknowledged[(await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).GetProperty("request_id").GetString()!] = true;
                }

                await Task.Delay(25, CancellationToken.None);
            }
            catch (HttpRequestException)
            {
                return; // killed
            }
        }
    }

    /// <summary>Remembers results, so that a second and different one would be noticed.</summary>
    private static async Task LookAtResultsAsync(HttpClient client, ConcurrentDictionary<string, bool> acknowledged, ConcurrentDictionary<string, string> firstSeen, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var id in acknowledged.Keys.Except(firstSeen.Keys).Take(3).Concat(acknowledged.Keys.OrderBy(_ => Random.Shared.Next()).Take(2)))
                {
                    using var answer = await client.GetAsync($"/queue{TestServer.App}/requests/{id}", CancellationToken.None);
                    var body = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                    Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.ServiceUnavailable, $"{id}: {answer.StatusCode} {body}");
                    if (answer.StatusCode == HttpStatusCode.OK)
                    {
                        Assert.Equal(firstSeen.GetOrAdd(id, body), body);
                    }
                }

                await Task.Delay(20, CancellationToken.None);
            }
        }
        catch (HttpRequestException)
        {
            // killed
        }
    }

    private static async Task<(int Code, string Body)> ResultAsync(HttpClient client, string id)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(180); ; await Task.Delay(50))
        {
            using var answer = await client.GetAsync($"/queue{TestServer.App}/requests/{id}");
            var body = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode != 400)
            {
                return ((int)answer.StatusCode, body);
            }

            Assert.True(DateTime.UtcNow < deadline, $"{id} was acknowledged and never ended.");
        }
    }
}
