using System.Diagnostics;

namespace Ltx.Server.Tests.Commands;

/// <summary>The built executable as a child process, as a person runs it from a shell.</summary>
internal sealed class LtxProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly Process process;
    private readonly Task<string> output;
    private readonly List<string> error = [];
    private readonly TaskCompletionSource errorEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LtxProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginErrorReadLine();
        output = process.StandardOutput.ReadToEndAsync();
    }

    public int Id => process.Id;

    public bool HasEnded => process.HasExited;

    /// <summary>What is to be written before the arguments to run the executable itself.</summary>
    public static string[] CommandLine => ["dotnet", Path.Combine(AppContext.BaseDirectory, "ltx.dll")];

    /// <param name="arguments">of the executable</param>
    /// <param name="environment">variables that differ from this process's</param>
    /// <param name="before">a program, and its arguments, that runs the executable instead of being run directly</param>
    public static LtxProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IEnumerable<string>? before = null)
    {
        string[] all = [.. before ?? [], .. CommandLine, .. arguments];
        ProcessStartInfo start = new(all[0], all[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LTX_HOME"] = Repository.Root;
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new LtxProcess(Process.Start(start)!);
    }

    public static async Task<LtxRun> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IEnumerable<string>? before = null)
    {
        using LtxProcess process = Start(arguments, environment, before);
        return await process.EndAsync();
    }

    /// <summary>Waits until a line of standard error holds the words.</summary>
    public async Task HearsAsync(string words)
    {
        using CancellationTokenSource late = new(Limit);
        while (true)
        {
            lock (error)
            {
                if (error.Any(line => line.Contains(words, StringComparison.Ordinal))) return;
            }
            Assert.False(errorEnded.Task.IsCompleted, $"The program ended before it said \"{words}\".");
            await Task.Delay(20, late.Token);
        }
    }

    public async Task<LtxRun> EndAsync()
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Limit);
        await process.WaitForExitAsync(late.Token);
        await errorEnded.Task.WaitAsync(late.Token);
        return new LtxRun(process.ExitCode, await output, string.Join('\n', error));
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            // Until then it holds its files and their locks.
            process.WaitForExit(Limit);
        }
        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            errorEnded.TrySetResult();
            return;
        }
        lock (error) error.Add(line);
    }
}
