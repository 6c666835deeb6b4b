using System.Diagnostics.Metrics;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Ltx.Server.Configuration;
using Ltx.Server.Endpoints;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Observability;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Benchmarks;

/// <summary>The durable queue on a disk: what a request costs beside its clip.</summary>
public class QueueBenchmarks
{
    private static readonly WaitingBounds Bounds = new(JobKind.Inpaint, int.MaxValue, MostInFront: null, MostOfOwner: 0);

    private readonly string folder = Directory.CreateTempSubdirectory("ltx-benchmarks-").FullName;
    private DataFolder data = null!;
    private Database database = null!;
    private RequestQueue queue = null!;
    private LiveRequest waiting = null!;
    private int count;

    [GlobalSetup]
    public async Task Setup()
    {
        data = new DataFolder(folder);
        database = new Database(data.DatabaseFile);
        ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        ServerMetrics metrics = new(services.GetRequiredService<IMeterFactory>());
        RequestStore store = new(database, data, NullLogger<RequestStore>.Instance);
        TrainingFolders trainings = new(data, NullLogger<TrainingFolders>.Instance);
        queue = new RequestQueue(
            new LtxOptions(), store, trainings, new WebhookQueue(database), metrics, TimeProvider.System, NullLogger<RequestQueue>.Instance);
        // Lower than those that come and go, so that it waits.
        waiting = (await queue.SubmitAsync(Request(Lane.Low), Bounds)).Request!;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        queue.Dispose();
        database.Dispose();
        data.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Benchmark(Description = "queue: submit, claim, finish")]
    public async Task SubmitTakeFinish()
    {
        await queue.SubmitAsync(Request(Lane.High), Bounds);
        LiveRequest taken = (await queue.TakeAsync(JobKind.Inpaint, null, CancellationToken.None))!;
        await queue.CompleteAsync(taken, new RequestOutcome { StatusCode = 200, Result = "{}" });
    }

    [Benchmark(Description = "queue: status of a waiting request")]
    public byte[] Status() => StatusBody.Live(queue.FindLive(waiting.Stored.Id)!, RequestState.Queued, null);

    private NewRequest Request(Lane lane) => new()
    {
        Id = (count++).ToString("D8", CultureInfo.InvariantCulture),
        Endpoint = Applications.Default.Id,
        Owner = "benchmarks",
        Lane = lane,
        Sync = false,
        BaseUrl = "http://127.0.0.1",
        Input = "{}"u8.ToArray(),
        ShortInput = null,
        StoreIo = true,
        NoRetry = false,
        LoraSet = "",
        OutputLifetime = null,
        StartWithin = null,
        Webhook = null,
        InputFiles = [],
    };
}
