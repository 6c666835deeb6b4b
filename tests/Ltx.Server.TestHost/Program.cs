using Ltx.Server;
using Ltx.Server.Configuration;
using Ltx.Server.TestHost;

// The real server around the fake engine, as a process of its own, for tests that kill it. Arguments: settings, Section:Name=value.
// It prints where it listens, so that nobody needs to choose a port that another process takes first.
// Nothing here is part of the product.
var options = ConfigurationSources.Read(ConfigurationSources.Build(null, args));
FakeEngine engine = new() { StepTime = TimeSpan.FromMilliseconds(double.Parse(Environment.GetEnvironmentVariable("FAKE_STEP_MS") ?? "1")) };
engine.Runner.KeepsJobs = false; // nobody looks at them here, and tests measure this process's memory
using var app = ServeHost.Build(options, engine.Register);
await app.StartAsync();
Console.WriteLine(app.Urls.First());
await app.WaitForShutdownAsync();
