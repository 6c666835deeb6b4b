using System.Diagnostics;

namespace Ltx.Server.Tests.Commands;

/// <summary>The built executable as a child process, as a person runs it from a shell.</summary>
internal sealed class LtxProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly Process process;
    private readonly Spoken output = new(), error = new();

    private LtxProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => output.Hear(line.Data);
        process.ErrorDataReceived += (_, line) => error.Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
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
    public Task HearsAsync(string words) => error.HoldsAsync(words);

    /// <summary>Waits until a line of standard output does.</summary>
    public Task SaysAsync(string words) => output.HoldsAsync(words);

    public async Task<LtxRun> EndAsync()
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Limit);
        await process.WaitForExitAsync(late.Token);
        IReadOnlyList<string> said = await output.AllAsync(late.Token), complained = await error.AllAsync(late.Token);
        return new LtxRun(process.ExitCode, string.Concat(said.Select(line => line + "\n")), string.Join('\n', complained));
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

    /// <summary>One of its streams, line by line.</summary>
    private sealed class Spoken
    {
        private readonly List<string> lines = [];
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Hear(string? line)
        {
            if (line is null)
            {
                ended.TrySetResult();
                return;
            }
            lock (lines) lines.Add(line);
        }

        public async Task HoldsAsync(string words)
        {
            using CancellationTokenSource late = new(Limit);
            while (true)
            {
                bool isOver = ended.Task.IsCompleted;
                lock (lines)
                {
                    if (lines.Any(line => line.Contains(words, StringComparison.Ordinal))) return;
                }
                Assert.False(isOver, $"The program ended before it said \"{words}\".");
                await Task.Delay(20, late.Token);
            }
        }

        public async Task<IReadOnlyList<string>> AllAsync(CancellationToken cancellation)
        {
            await ended.Task.WaitAsync(cancellation);
            return lines;
        }
    }
}
