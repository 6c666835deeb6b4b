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
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { StepTime = TimeSpan.FromMilliseconds(scenario is "validation" or "run" ? 1 : 40) });
        await JavaScriptClient.RunAsync(server, scenario, mode, TimeSpan.FromMinutes(2));
    }
}
