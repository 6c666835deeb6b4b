using System.Runtime.ExceptionServices;
using CliWrap;

namespace Ltx.Video.Processes;

/// <summary>
/// Runs one program to its end: every stream drained, standard error bounded, wall time and memory bounded, and the whole process tree
/// killed when the caller cancels, the time is up, the memory is too much or one of the pipes fails. Knows nothing of ffmpeg.
/// </summary>
internal static class ChildProcess
{
    /// <param name="program">Absolute path of the executable.</param>
    /// <param name="arguments">One command line, quoted as on Windows; the runtime splits it the same way on every system.</param>
    /// <param name="timeLimit">Wall time, less the time in which <see cref="ChildClock.Pause"/> is held.</param>
    /// <param name="memoryLimit">Resident bytes of the program itself.</param>
    /// <param name="lastWordsBytes">How much of the end of standard error is kept.</param>
    /// <param name="listener">See <see cref="LastWords"/>.</param>
    /// <param name="input">Fills standard input; null leaves it empty.</param>
    /// <param name="output">Empties standard output; null drains it unseen.</param>
    /// <param name="cancellationToken">Kills the tree.</param>
    /// <exception cref="ChildTimeLimitException">The time was up.</exception>
    /// <exception cref="ChildMemoryLimitException">The memory was too much.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The program could not be started.</exception>
    public static async Task<ChildResult> RunAsync(
        string program,
        string arguments,
        TimeSpan timeLimit,
        long memoryLimit,
        int lastWordsBytes,
        Func<string, bool>? listener,
        ChildPipe? input,
        ChildPipe? output,
        CancellationToken cancellationToken)
    {
        var lastWords = new LastWords(lastWordsBytes, listener);
        using var clock = new ChildClock(timeLimit);
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Expired);
        ExceptionDispatchInfo? pipeFailure = null;

        // CliWrap lets an ordinary end of standard input follow when a source throws, and swallows an IOException from it: ffmpeg would then
        // finish a file that is too short and call it a success. So a failing pipe is remembered and kills the tree.
        async Task GuardAsync(ChildPipe pipe, Stream stream, CancellationToken token)
        {
            try
            {
                await pipe(stream, clock, token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!(exception is OperationCanceledException && token.IsCancellationRequested))
            {
                Interlocked.CompareExchange(ref pipeFailure, ExceptionDispatchInfo.Capture(exception), null);
                await kill.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        var command = Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .WithStandardErrorPipe(PipeTarget.Create(lastWords.DrainAsync));
        if (input is not null)
        {
            command = command.WithStandardInputPipe(PipeSource.Create((stream, token) => GuardAsync(input, stream, token)));
        }

        // CliWrap's own empty target closes the pipe, and a child that writes to it then fails.
        ChildPipe drain = output ?? ((stream, _, token) => stream.CopyToAsync(Stream.Null, token));
        command = command.WithStandardOutputPipe(PipeTarget.Create((stream, token) => GuardAsync(drain, stream, token)));

        var running = command.ExecuteAsync(kill.Token);
        using var memory = new ChildMemory(running.ProcessId, memoryLimit);
        try
        {
            var result = await running.ConfigureAwait(false);
            ThrowIfTooMuch();
            pipeFailure?.Throw();
            return new ChildResult(result.ExitCode, lastWords.ToString());
        }
        catch (OperationCanceledException)
        {
            ThrowIfTooMuch();
            pipeFailure?.Throw();
            cancellationToken.ThrowIfCancellationRequested();
            if (clock.Expired.IsCancellationRequested)
            {
                throw new ChildTimeLimitException(timeLimit, lastWords.ToString());
            }

            throw;
        }

        // A pipe that broke because of the kill is not what went wrong.
        void ThrowIfTooMuch()
        {
            if (memory.Exceeded)
            {
                throw new ChildMemoryLimitException(memoryLimit, lastWords.ToString());
            }
        }
    }
}
