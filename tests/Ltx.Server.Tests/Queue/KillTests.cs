using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Tests.Queue;

/// <summary>The promise of the queue, tried with SIGKILL: what was acknowledged is done, once, and told; what was uploaded is there, whole.</summary>
[Collection("alone")]
public class KillTests(ITestOutputHelper output)
{
    private static readonly int Rounds = LongForm.IsOn ? 200 : 10;

    [Fact]
    public async Task Kills_lose_nothing_repeat_nothing_and_every_webhook_arrives()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = n => n % 10 == 0 ? 500 : 200; // some tries fail and must be made again
        using TempFolder data = new();
        string[] settings = [.. Enumerable.Range(0, 10).Select(i => $"Webhooks:RetrySeconds:{i}=0.2")];
        ConcurrentDictionary<string, bool> acknowledged = new();
        ConcurrentDictionary<string, string> firstSeen = new(), uploaded = new();
        Random random = new(LongForm.IsOn ? 5 : 4);
        List<double> starts = [];

        for (var round = 0; round < Rounds; round++)
        {
            using var server = HostProcess.Start(data.Path, 1, settings);
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
            Task[] clients =
            [
                .. Enumerable.Range(0, 2).Select(_ => SubmitUntilAsync(server.Client, receiver.Url, acknowledged, stop.Token)),
                LookAtResultsAsync(server.Client, acknowledged, firstSeen, stop.Token),
                UploadUntilAsync(server.Client, uploaded, new Random(round), stop.Token),
            ];
            if (round % 2 == 0)
            {
                // A slow machine would else be killed before there is anything to lose.
                await ReachesAsync(acknowledged, acknowledged.Count + 3);
                await ReachesAsync(uploaded, uploaded.Count + 2);
            }

            await Task.Delay(random.Next(20, 700));
            if (round % 10 == 4)
            {
                server.Terminate();
                await Task.Delay(random.Next(1, 300)); // in the middle of a stop
            }

            server.Kill();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        using var last = HostProcess.Start(data.Path, 1, settings);
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

        foreach (var (url, hash) in uploaded)
        {
            Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(await last.Client.GetByteArrayAsync(url))));
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

        Assert.True(acknowledged.Count > Rounds, "Too few submits for a meaningful test.");
        Assert.True(uploaded.Count > Rounds / 2, "Too few uploads for a meaningful test.");
        Assert.Equal(0, last.Stop());
        var doubled = Doubled(data.Path);
        output.WriteLine($"{Rounds} rounds, {acknowledged.Count} acknowledged, 0 lost, {doubled} doubled, {firstSeen.Count} results seen before a kill, {failed} failed after three attempts, "
            + $"{uploaded.Count} uploads, {receiver.Deliveries.Count} deliveries, median start {starts.Order().ElementAt(starts.Count / 2):F2} s");
        Assert.Equal(0, doubled);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(data.Path, "work")));
    }

    /// <summary>Requests with more than one output, rows or bytes.</summary>
    private static long Doubled(string data)
    {
        using SqliteConnection database = new($"Data Source={Path.Combine(data, "ltx.db")};Pooling=False");
        database.Open();
        var files = Directory.EnumerateFiles(Path.Combine(data, "files"), "*", SearchOption.AllDirectories).Count();
        Assert.Equal(files, database.Scalar<long>("SELECT count(*) FROM files WHERE state = 1"));
        return database.Scalar<long>("SELECT count(*) FROM (SELECT 1 FROM files WHERE kind = 1 GROUP BY request_id HAVING count(*) > 1)");
    }

    /// <summary>Whole ones and ones of two parts; what was acknowledged is remembered.</summary>
    private static async Task UploadUntilAsync(HttpClient client, ConcurrentDictionary<string, string> uploaded, Random random, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                using var begun = await client.PostAsJsonAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" }, CancellationToken.None);
                var started = await begun.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
                var target = new Uri(started.GetProperty("upload_url").GetString()!).PathAndQuery;
                var body = new byte[random.Next(2, 500_000)];
                random.NextBytes(body);
                if (await SendAsync(client, target, body, random.Next(2) == 0))
                {
                    uploaded[new Uri(started.GetProperty("file_url").GetString()!).AbsolutePath] = Convert.ToHexString(SHA256.HashData(body));
                }

                await Task.Delay(40, CancellationToken.None);
            }
        }
        catch (HttpRequestException)
        {
            // killed
        }
    }

    private static async Task<bool> SendAsync(HttpClient client, string target, byte[] body, bool inParts)
    {
        if (!inParts)
        {
            using var answer = await client.PutAsync(target, new ByteArrayContent(body));
            return answer.IsSuccessStatusCode;
        }

        string Part(string part) => target.Replace("?", $"/{part}?", StringComparison.Ordinal);
        List<JsonElement> parts = [];
        foreach (var (number, part) in new[] { body[..(body.Length / 2)], body[(body.Length / 2)..] }.Index())
        {
            using var answer = await client.PutAsync(Part((number + 1).ToString(CultureInfo.InvariantCulture)), new ByteArrayContent(part));
            parts.Add(await answer.Content.ReadFromJsonAsync<JsonElement>());
        }

        using var end = await client.PostAsJsonAsync(Part("complete"), new { parts });
        return end.IsSuccessStatusCode;
    }

    private static async Task ReachesAsync<T>(ConcurrentDictionary<string, T> acknowledged, int count)
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
