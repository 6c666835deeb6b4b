using System.Diagnostics;

namespace Ltx.Inference.Tests;

/// <summary>Processor time of this process, for tests that run alone in it: unlike a clock it does not see what else the machine does.</summary>
internal static class ProcessorTime
{
    private const int Runs = 3;

    // It is counted in hundredths of a second.
    private static readonly TimeSpan Unit = TimeSpan.FromMilliseconds(10);

    /// <summary>The least of some runs, and at least what can be counted: the runtime's own threads make some of them longer.</summary>
    public static TimeSpan Least(Action action)
    {
        TimeSpan least = TimeSpan.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            TimeSpan before = Spent();
            action();
            TimeSpan spent = Spent() - before;
            if (spent < least) least = spent;
        }
        return least > Unit ? least : Unit;
    }

    private static TimeSpan Spent()
    {
        using Process self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }
}
