using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Clients;

/// <summary>The real @fal-ai/client from npm, installed at the first use, in each of the three ways that point it at another host.</summary>
public class JavaScriptClientTests
{
    private static readonly Lazy<Task> Installed = new(() => RunAsync("npm", ["ci", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund", "--loglevel=error"]));

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
        await Installed.Value;
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { StepTime = TimeSpan.FromMilliseconds(scenario is "validation" or "run" ? 1 : 40) });
        Assert.Contains("ok", await RunAsync("node", ["scenarios.mjs", server.Url, scenario, mode]), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{await output}{await error}");
        return await output;
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "js");
}
