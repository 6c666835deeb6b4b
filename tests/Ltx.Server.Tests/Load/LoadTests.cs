using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Load;

[Collection("alone")]
public class LoadTests(ITestOutputHelper output)
{
    /// <summary>200 clients, a status call every 100 ms each, 1,000 waiting requests, and a run that computes on every core but one.</summary>
    [Fact]
    public async Task Status_p99_stays_under_50_ms_while_a_request_runs()
    {
        const int clients = 200;
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { StepTime = TimeSpan.FromSeconds(5), BusyThreads = Math.Max(1, Environment.ProcessorCount - 1) });
        List<string> ids = [];
        var began = Stopwatch.GetTimestamp();
        foreach (var batch in Enumerable.Range(0, 1001).Chunk(50))
        {
            ids.AddRange(await Task.WhenAll(batch.Select(_ => server.SubmitAsync())));
        }

        var submitted = Stopwatch.GetElapsedTime(began);
        ConcurrentBag<double> times = [];
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(15));
        using HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = clients }) { BaseAddress = new Uri(server.Url) };
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async n =>
        {
            await Task.Delay(n % 100); // clients are not in step
            while (!stop.IsCancellationRequested)
            {
                var path = $"/queue{TestServer.App}/requests/{ids[(n * 5) + 1]}/status?logs=true";
                var at = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(path, CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                Assert.Equal(202, (int)answer.StatusCode);
                await Task.Delay(100, CancellationToken.None);
            }
        }));
        var sorted = times.Order().ToArray();
        var p99 = sorted[(int)(sorted.Length * 0.99)];
        output.WriteLine($"{ids.Count} submits in {submitted.TotalSeconds:F1} s; {sorted.Length} status calls, median {sorted[sorted.Length / 2]:F1} ms, p99 {p99:F1} ms, worst {sorted[^1]:F0} ms; {(Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds:F1} processor seconds with the clients and the run");
        Assert.InRange(p99, 0, 50);
        server.Service<Ltx.Server.Queue.RequestQueue>().FindLive(ids[0])!.Stop(Ltx.Server.Queue.StopReason.ServerStopping);
    }

    /// <summary>10,000 requests from submit to result: afterwards the process holds what it held after the first thousand.</summary>
    [Fact]
    public async Task Memory_is_flat_over_10000_requests()
    {
        var engine = new FakeEngine { StepTime = TimeSpan.Zero };
        engine.Runner.KeepsJobs = false;
        await using var server = await TestServer.StartAsync(engine: engine);
        var began = Stopwatch.GetTimestamp();
        await ManyAsync(server, 1000);
        var (early, earlySet) = Measure();
        await ManyAsync(server, 9000);
        var (late, lateSet) = Measure();
        output.WriteLine($"10,000 requests in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s; managed {early / 1e6:F1} -> {late / 1e6:F1} MB, working set {earlySet / 1e6:F0} -> {lateSet / 1e6:F0} MB");
        Assert.InRange(late - early, long.MinValue, 8_000_000);
        Assert.InRange(lateSet - earlySet, long.MinValue, 150_000_000);
    }

    private static async Task ManyAsync(TestServer server, int count)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, ct) =>
        {
            using var content = JsonContent.Create(TestServer.Input());
            using var answer = await server.Client.PostAsync(TestServer.Run, content, ct);
            Assert.Equal(200, (int)answer.StatusCode);
        });
    }

    private static (long Managed, long WorkingSet) Measure()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return (GC.GetTotalMemory(forceFullCollection: true), Process.GetCurrentProcess().WorkingSet64);
    }
}
