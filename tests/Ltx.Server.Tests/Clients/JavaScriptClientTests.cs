using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Clients;

/// <summary>The real @fal-ai/client from npm, installed at the first use, in each of the three ways that point it at another host.</summary>
public class JavaScriptClientTests
{
    [Theory]
    [InlineData("example", "middleware")]
    [InlineData("example", "proxy")]
    [InlineData("example", "fetch")]
    [InlineData("streaming", "middleware")]
    [InlineData("streaming", "proxy")]
    [InlineData("queue", "middleware")]
    [InlineData("queue", "proxy")]
    [InlineData("run", "middleware")]
    [InlineData("run", "fetch")]
    [InlineData("upload", "middleware")]
    [InlineData("upload", "proxy")]
    [InlineData("bigUpload", "middleware")]
    [InlineData("validation", "middleware")]
    [InlineData("cancel", "middleware")]
    public async Task The_client_runs_unchanged(string scenario, string mode)
    {
        // What a scenario wants to see of a run while it goes on waits at the gate: Node may be slow.
        FakeEngine engine = new() { StepTime = TimeSpan.FromMilliseconds(scenario == "streaming" ? 40 : 1), FourthStep = scenario is "example" or "queue" or "cancel" ? new Gate() : null };
        await using var server = await TestServer.StartAsync(engine: engine);
        await JavaScriptClient.RunAsync(server, scenario, mode, TimeSpan.FromMinutes(5));
    }
}
