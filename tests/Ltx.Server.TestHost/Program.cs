using Ltx.Server;
using Ltx.Server.Commands;
using Ltx.Server.Queue;
using Ltx.Server.TestHost;

// The real server around a stand-in for the engine, as a process of its own, for tests that kill it. Arguments: settings, Section:Name=value.
// It prints where it listens, so that nobody needs to choose a port that another process takes first.
// Nothing here is part of the product.
var configuration = ConfigurationSources.Build(null, args);
var options = ConfigurationSources.Read(configuration);
await using var app = ServeHost.Build(options, services =>
{
    if (Environment.GetEnvironmentVariable("FAKE_FILMS") is "0" or "1")
    {
        // Everything is the product's, or all but the model.
        ServeCommand.AddEngine(services, configuration, options);
        if (Environment.GetEnvironmentVariable("FAKE_FILMS") == "0") return;
        services.AddSingleton<IInpaintRunner, FilmRunner>();
        services.AddSingleton<ITrainingRunner>(new FakeTrainer(new FakeEngine { StepTime = TimeSpan.FromMilliseconds(5) }) { ShowsClips = true });
        return;
    }

    FakeEngine engine = new() { StepTime = TimeSpan.FromMilliseconds(double.Parse(Environment.GetEnvironmentVariable("FAKE_STEP_MS") ?? "1")) };
    engine.Runner.KeepsJobs = false; // nobody looks at them here, and tests measure this process's memory
    engine.Register(services);
});
await app.StartAsync();
Console.WriteLine(app.Urls.First());
await app.WaitForShutdownAsync();
