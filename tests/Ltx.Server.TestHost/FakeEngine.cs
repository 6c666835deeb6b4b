using Ltx.Server.Fetch;
using Ltx.Server.Queue;
using Ltx.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.TestHost;

/// <summary>
/// What stands behind the server in tests: a runner that makes bytes instead of videos, a trainer that makes bytes instead of LoRAs, and a fetcher
/// that opens no connection.
/// </summary>
internal sealed class FakeEngine
{
    /// <summary>Time of one denoising step.</summary>
    public TimeSpan StepTime { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Threads that compute during each step, as a model on a CPU does.</summary>
    public int BusyThreads { get; set; }

    /// <summary>Every run waits here in its fourth step.</summary>
    public Gate? FourthStep { get; set; }

    /// <summary>Every training waits here in its fourth step.</summary>
    public Gate? FourthTrainingStep { get; set; }

    /// <summary>Loading waits here.</summary>
    public Gate? Load { get; set; }

    /// <summary>Fetches from hosts named "slow" wait here.</summary>
    public Gate? SlowHost { get; set; }

    public FakeFetcher Fetcher => field ??= new FakeFetcher(this);

    public FakeRunner Runner => field ??= new FakeRunner(this);

    public FakeTrainer Trainer => field ??= new FakeTrainer(this);

    public void Register(IServiceCollection services)
    {
        services.AddSingleton<IInpaintRunner>(Runner);
        services.AddSingleton<ITrainingRunner>(Trainer);
        services.AddSingleton<IFetcher>(Fetcher);
        services.AddKeyedSingleton(WebhookSender.ClientKey, (_, _) => new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false }));
    }
}
