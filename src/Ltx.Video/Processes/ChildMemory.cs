using System.Diagnostics;
using System.Globalization;

namespace Ltx.Video.Processes;

/// <summary>
/// Kills a child process that holds more memory than it may. What counts is what is resident: address space is reserved freely by decoders and
/// costs nothing. A thread of its own looks, because the thread pool may be late just when the machine is short of everything.
/// </summary>
internal sealed class ChildMemory : IDisposable
{
    // A process can fill about 2 GB a second, so it passes its bound by some 40 MB at most. A look takes some microseconds.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly int processId;
    private readonly long limit;
    private readonly ManualResetEventSlim ended = new();
    private readonly Thread watching;
    private volatile bool exceeded;

    public ChildMemory(int processId, long limit)
    {
        (this.processId, this.limit) = (processId, limit);
        watching = new Thread(Watch) { IsBackground = true, Name = "memory of a child process" };
        watching.Start();
    }

    /// <summary>The process was killed because of its memory.</summary>
    public bool Exceeded => exceeded;

    public void Dispose()
    {
        ended.Set();
        watching.Join();
        ended.Dispose();
    }

    private void Watch()
    {
        do
        {
            if (Resident() is not { } bytes)
            {
                return;
            }

            if (bytes > limit)
            {
                exceeded = true;
                Kill();
                return;
            }
        }
        while (!ended.Wait(BetweenLooks));
    }

    /// <summary>Bytes; null once the process is gone.</summary>
    private long? Resident()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Pages: size, resident, ... The runtime's own way reads a file for each of the process's threads.
                var fields = File.ReadAllText($"/proc/{processId}/statm").Split(' ');
                return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            }

            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private void Kill()
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
