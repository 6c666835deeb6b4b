using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Support;

/// <summary>The server as a process of its own on a port of its choice, so that it can be killed.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = [];
    private readonly TaskCompletionSource<string?> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpClient? _client;

    private HostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Once it is live.</summary>
    public HttpClient Client => _client ?? throw new InvalidOperationException("The server has not been waited for.");

    /// <summary>Memory that the process holds, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The product's own engine.</summary>
    public static HostProcess StartReal(string data, string model, params string[] settings) =>
        Start(data, [("FAKE_FILMS", "0"), ("LTX_HOME", Repository.Root)], [$"Server:Model={model}", "Inpaint:Device=cpu", .. settings]);

    public static HostProcess Start(string data, int stepMilliseconds, params string[] settings) =>
        Start(data, [("FAKE_STEP_MS", stepMilliseconds.ToString(CultureInfo.InvariantCulture))], settings);

    private static HostProcess Start(string data, IEnumerable<(string Name, string Value)> environment, string[] settings)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "Ltx.Server.TestHost.dll"), "Server:Urls=http://127.0.0.1:0", $"Server:Data={data}", "Telemetry:LogLevel=Error", "Files:MinFreeBytes=0", .. settings];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new HostProcess(Process.Start(start)!);
    }

    /// <summary>Waits until it listens.</summary>
    public async Task WaitUntilLiveAsync()
    {
        var url = await _url.Task.WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(url is not null, "The server ended by itself: " + string.Join('\n', _said));
        _client = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(2) };
        Assert.Equal(200, (int)(await _client.GetAsync("/health/live")).StatusCode);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public int Stop()
    {
        Terminate();
        Assert.True(_process.WaitForExit(TimeSpan.FromMinutes(3)), "The server did not stop.");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
        _client?.Dispose();
    }

    // Its first line that is an address says where it listens; null is the end.
    private void Hear(string? line)
    {
        _said.Enqueue(line ?? "");
        if (line is null || line.StartsWith("http://", StringComparison.Ordinal))
        {
            _url.TrySetResult(line);
        }
    }
}
