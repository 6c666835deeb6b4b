using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ltx.Server.Tests.Support;

/// <summary>The real @fal-ai/client from npm, installed at the first use, driven by Clients/js/scenarios.mjs.</summary>
internal static class JavaScriptClient
{
    private static readonly Lazy<Task> Installed = new(() => RunAsync("npm", ["ci", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund", "--loglevel=error"], TimeSpan.FromMinutes(5)));

    /// <summary>Runs a scenario, which fails with what it prints. Where it prints "open", the engine's gate opens.</summary>
    /// <param name="mode">the way in which the client is sent to the server: middleware, proxy or fetch</param>
    /// <param name="arguments">further ones of the scenario</param>
    public static async Task RunAsync(TestServer server, string scenario, string mode, TimeSpan limit, params string[] arguments)
    {
        await Installed.Value;
        Assert.Contains("ok", await RunAsync("node", ["scenarios.mjs", server.Url, scenario, mode, .. arguments], limit, line =>
        {
            if (line == "open")
            {
                server.Engine.FourthStep!.Open();
            }
        }), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string program, string[] arguments, TimeSpan limit, Action<string>? hear = null)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (ReadAsync(process.StandardOutput, hear), process.StandardError.ReadToEndAsync());
        using CancellationTokenSource late = new(limit);
        await process.WaitForExitAsync(late.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{await output}{await error}");
        return await output;
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? hear)
    {
        StringBuilder read = new();
        while (await reader.ReadLineAsync() is { } line)
        {
            read.Append(line).Append('\n');
            hear?.Invoke(line);
        }

        return read.ToString();
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(file))!, "Clients", "js");
}
