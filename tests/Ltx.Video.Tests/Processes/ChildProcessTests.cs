using System.Diagnostics;
using System.Globalization;
using Ltx.Video.Processes;

namespace Ltx.Video.Tests.Processes;

public sealed class ChildProcessTests(NumberedFilms numbered) : IDisposable
{
    // The programs would run for minutes more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    private Task<ChildResult> RunAsync(
        string script, double seconds = 120, long memory = long.MaxValue, ChildPipe? input = null, ChildPipe? output = null, CancellationToken? cancellationToken = null) =>
        ChildProcess.RunAsync(
            Path.Combine(media.FakeTool("fake", script), "fake"), string.Empty, TimeSpan.FromSeconds(seconds), memory, 4096, listener: null, input, output,
            cancellationToken ?? Media.Cancelled);

    private static bool IsAlive(int id)
    {
        try
        {
            // A zombie that nobody has waited for yet is dead too.
            return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }

    private static async Task<int[]> WaitForIdsAsync(string file, int count)
    {
        var watch = Stopwatch.StartNew();
        while (!File.Exists(file) || (await File.ReadAllLinesAsync(file, Media.Cancelled)).Length < count)
        {
            Assert.True(watch.Elapsed < Patience, "The program's processes did not come up.");
            await Task.Delay(20, Media.Cancelled);
        }

        return [.. (await File.ReadAllLinesAsync(file, Media.Cancelled)).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    private static async Task GoneAsync(int[] ids)
    {
        var watch = Stopwatch.StartNew();
        while (ids.Any(IsAlive))
        {
            Assert.True(watch.Elapsed < Patience, "Some of the program's processes live on.");
            await Task.Delay(20, Media.Cancelled);
        }
    }

    [Fact]
    public async Task Too_much_memory_kills_the_whole_tree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks /proc.");
        var ids = media.Path("ids");

        var error = await Assert.ThrowsAsync<ChildMemoryLimitException>(() => RunAsync(
            $"echo 'still well' >&2; echo $$ >> {ids}; sleep 300 & echo $! >> {ids}; exec tail /dev/zero", memory: 100_000_000));

        Assert.Equal((100_000_000, "still well"), (error.Limit, error.LastWords));
        await GoneAsync(await WaitForIdsAsync(ids, 2));
    }

    [Fact]
    public async Task Cancelling_kills_the_whole_tree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks /proc.");
        var ids = media.Path("ids");
        using var cancel = new CancellationTokenSource();
        var run = RunAsync($"echo $$ >> {ids}; sleep 300 & echo $! >> {ids}; (sleep 301 & echo $! >> {ids}; wait) & wait", cancellationToken: cancel.Token);
        var alive = await WaitForIdsAsync(ids, 3);
        Assert.All(alive, id => Assert.True(IsAlive(id)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await GoneAsync(alive);
    }

    [Fact]
    public async Task The_time_limit_kills_the_whole_tree_and_keeps_the_last_words()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks /proc.");
        var ids = media.Path("ids");
        var paused = TimeSpan.Zero;
        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<ChildTimeLimitException>(() => RunAsync(
            $"echo working >&2; echo $$ >> {ids}; sleep 300 & echo $! >> {ids}; wait",
            seconds: 5,
            input: async (_, clock, token) =>
            {
                // A busy machine may take its time until the program does what it is to be killed in.
                using (clock.Pause())
                {
                    var since = watch.Elapsed;
                    await WaitForIdsAsync(ids, 2);
                    paused = watch.Elapsed - since;
                }

                await Task.Delay(Timeout.Infinite, token);
            }));
        // Timers may be a little early.
        Assert.True(watch.Elapsed - paused > TimeSpan.FromSeconds(4.5), "The program had less than its time.");
        Assert.Equal("working", error.LastWords);
        await GoneAsync(await WaitForIdsAsync(ids, 2));
    }

    [Fact]
    public async Task A_program_that_writes_without_end_to_standard_error_is_drained_and_bounded()
    {
        var result = await RunAsync("i=0; while [ $i -lt 20000 ]; do echo \"line $i of noise\" >&2; i=$((i+1)); done; echo 'the last words' >&2; exit 7");
        Assert.Equal(7, result.ExitCode);
        Assert.EndsWith("line 19999 of noise\nthe last words", result.LastWords, StringComparison.Ordinal);
        Assert.InRange(result.LastWords.Length, 4000, 4096);
    }

    [Fact]
    public async Task Standard_output_that_nobody_wants_is_drained() =>
        Assert.Equal(0, (await RunAsync("head -c 3000000 /dev/zero")).ExitCode);

    [Fact]
    public async Task Input_and_output_flow_at_once()
    {
        using var got = new MemoryStream();
        var sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        var result = await RunAsync(
            "cat", input: async (stream, _, token) => await stream.WriteAsync(sent, token), output: (stream, _, token) => stream.CopyToAsync(got, token));
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(sent, got.ToArray());
    }

    [Fact]
    public async Task A_failing_pipe_kills_the_child_and_is_told_itself()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks /proc.");
        var ids = media.Path("ids");
        var error = await Assert.ThrowsAsync<IOException>(() => RunAsync(
            $"echo $$ >> {ids}; cat > /dev/null; sleep 300",
            input: async (_, _, _) =>
            {
                await WaitForIdsAsync(ids, 1);
                throw new IOException("the source broke");
            }));
        Assert.Equal("the source broke", error.Message);
        await GoneAsync(await WaitForIdsAsync(ids, 1));
    }

    [Fact]
    public async Task The_clock_counts_only_what_is_not_paused()
    {
        // What is not paused is the program's beginning and end, and a busy machine may take seconds for them.
        var result = await RunAsync("cat > /dev/null", seconds: 6, input: async (_, clock, token) =>
        {
            using (clock.Pause())
            {
                await Task.Delay(7000, token);
            }
        });
        Assert.Equal(0, result.ExitCode);
        await Assert.ThrowsAsync<ChildTimeLimitException>(
            () => RunAsync("cat > /dev/null", seconds: 1, input: (_, _, token) => Task.Delay(Timeout.Infinite, token)));
    }

    [Fact]
    public async Task A_missing_ffmpeg_is_a_sentence()
    {
        var empty = Directory.CreateDirectory(media.Path("empty")).FullName;
        var error = await Assert.ThrowsAsync<MediaException>(
            () => MediaProbe.ProbeAsync(numbered.Any, new MediaLimits { ToolFolder = empty }, cancellationToken: Media.Cancelled));
        Assert.Equal(MediaFault.Server, error.Fault);
        Assert.Equal(
            "ffprobe was not found in the folder that LTX_FFMPEG or the settings name; install ffmpeg 5.1 or later, or set LTX_FFMPEG to the folder "
            + "that holds ffmpeg and ffprobe.",
            error.Message);
    }

    [Fact]
    public async Task A_slow_probe_is_ended_by_its_time_limit()
    {
        var limits = new MediaLimits { ToolFolder = media.FakeTool("ffprobe", "echo 'still at it' >&2; sleep 300"), ProbeTime = TimeSpan.FromSeconds(5.5) };
        var error = await Assert.ThrowsAsync<MediaException>(() => MediaProbe.ProbeAsync(numbered.Any, limits, cancellationToken: Media.Cancelled));
        Assert.Equal((MediaFault.Server, "ffprobe took longer than the 5.5 seconds that it is allowed.", "still at it"), (error.Fault, error.Message, error.LastWords));
    }

    [Fact]
    public async Task A_reader_whose_ffmpeg_hangs_is_ended_by_its_time_limit()
    {
        var tools = media.FakeTool("ffmpeg", "sleep 100");
        File.CreateSymbolicLink(Path.Combine(tools, "ffprobe"), Media.Run("which", ["ffprobe"]).Trim());
        var limits = new MediaLimits { ToolFolder = tools, WorkTime = TimeSpan.FromSeconds(0.5) };
        var info = await MediaProbe.ProbeAsync(numbered.Any, limits, cancellationToken: Media.Cancelled);
        var error = await Assert.ThrowsAsync<MediaException>(() => Media.ReadAllAsync(info, 24));
        Assert.Equal("ffmpeg took longer than the 0.5 seconds that it is allowed.", error.Message);
    }
}
