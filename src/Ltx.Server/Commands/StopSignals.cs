using System.Runtime.InteropServices;

namespace Ltx.Server.Commands;

/// <summary>A second Ctrl-C, for who does not want to wait until what is running has ended: the first one is the host's, which drains.</summary>
internal static class StopSignals
{
    public static PosixSignalRegistration SecondEndsNow()
    {
        int count = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            // Neither ends the process in the runtime's own way.
            signal.Cancel = true;
            if (Interlocked.Increment(ref count) < 2) return;
            Console.Error.WriteLine("ltx: stopped at once; what was running is run again by the next start");
            HardExit.Now(CommandFailure.Interrupted);
        });
    }
}
