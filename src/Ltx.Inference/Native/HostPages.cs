using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>Whole pages of host memory, and what a process can tell the system about them. Advice only: nothing depends on its being taken.</summary>
internal static unsafe partial class HostPages
{
    // <sys/mman.h> and <asm-generic/mman-common.h> on Linux.
    private const int WillNeed = 3, DontNeed = 4, DontFork = 10, HugePage = 14, Cold = 20;
    private const int ReadAndWrite = 1 | 2, PrivateAndAnonymous = 2 | 32;

    private const long LargePage = 2 << 20;

    /// <summary>So many bytes as whole pages.</summary>
    internal static long Whole(long bytes) => (bytes + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize;

    /// <summary>
    /// Memory of its own, to be registered with a device once it is filled: in large pages where the system has them, which are registered
    /// faster, and left out of child processes, for which the system would copy what a device reads.
    /// </summary>
    /// <param name="bytes">whole pages</param>
    /// <exception cref="InferenceException">There is none.</exception>
    internal static nint Allocate(long bytes)
    {
        if (!OperatingSystem.IsLinux()) return (nint)NativeMemory.AlignedAlloc((nuint)bytes, (nuint)Environment.SystemPageSize);
        nint address = Map(0, (nuint)bytes, ReadAndWrite, PrivateAndAnonymous, -1, 0);
        if (address == -1) throw new InferenceException(Fault.Internal, $"The system has no {bytes} bytes of memory.");
        if (bytes >= LargePage) _ = AdviseMemory(address, (nuint)bytes, HugePage);
        _ = AdviseMemory(address, (nuint)bytes, DontFork);
        return address;
    }

    /// <summary>Gives back what <see cref="Allocate"/> gave.</summary>
    internal static void Free(nint address, long bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Unmap(address, (nuint)bytes);
        else NativeMemory.AlignedFree((void*)address);
    }

    /// <summary>Starts reading a range of a mapped file from the disk.</summary>
    internal static void Expect(nint address, long bytes) => Advise(address, bytes, WillNeed, outward: true);

    /// <summary>
    /// Takes a range of a mapped file out of the process. The file's pages stay in the system's cache, and a later look finds them there.
    /// For a mapping that is only read: what was written to a private one would be lost.
    /// </summary>
    internal static void Release(nint address, long bytes) => Advise(address, bytes, DontNeed, outward: false);

    /// <summary>The same of what is not going to be looked at again: should the system need memory, its cache gives up these pages first.</summary>
    internal static void Forget(nint address, long bytes)
    {
        Advise(address, bytes, Cold, outward: false);
        Release(address, bytes);
    }

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

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint wish, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
