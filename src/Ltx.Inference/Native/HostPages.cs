using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>What a process can tell the system about pages that it has mapped. Advice only: nothing depends on its being taken.</summary>
internal static partial class HostPages
{
    // <sys/mman.h> on Linux.
    private const int WillNeed = 3, DontNeed = 4;

    /// <summary>Starts reading a range of a mapped file from the disk.</summary>
    internal static void Expect(nint address, long bytes) => Advise(address, bytes, WillNeed, outward: true);

    /// <summary>
    /// Takes a range of a mapped file out of the process. The file's pages stay in the system's cache, and a later look finds them there.
    /// For a mapping that is only read: what was written to a private one would be lost.
    /// </summary>
    internal static void Release(nint address, long bytes) => Advise(address, bytes, DontNeed, outward: false);

    // Whole pages: those that the range touches, or those that lie inside it (a neighbour may be in use).
    private static void Advise(nint address, long bytes, int advice, bool outward)
    {
        if (!OperatingSystem.IsLinux() || bytes == 0) return;
        long page = Environment.SystemPageSize, first = address, end = address + bytes;
        first = outward ? first / page * page : (first + page - 1) / page * page;
        end = outward ? (end + page - 1) / page * page : end / page * page;
        if (end > first) _ = AdviseMemory((nint)first, (nuint)(end - first), advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int AdviseMemory(nint address, nuint length, int advice);
}
