using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Ltx.Inference.Native;
using Microsoft.Win32.SafeHandles;

namespace Ltx.Parity.Cards;

/// <summary>
/// What libtorch's allocator on a CPU gave out and took back: tensors, and the copies that oneDNN computes with. The allocator itself writes
/// every block to standard error once its flag says so, and that goes to a file meanwhile, so that no moment is missed on whatever machine.
/// One at a time in a process. Blocks from before it are not known to it, and not counted when they are taken back.
/// </summary>
internal sealed unsafe partial class AllocationLog : IDisposable
{
    private const int StandardError = 2;
    private const string StageMark = "stage of the allocation log: ";

    // c10/util/logging_is_not_google_glog.h: GLOG_INFO, what the allocator writes with.
    private const int Info = 0;

    // c10/core/CPUAllocator.cpp, ProfiledCPUMemoryReporter; which also says at times that it does not know a block.
    private const string Allocator = " CPUAllocator.cpp:";

    private static readonly Lazy<(nint Report, nint Level)> Flags = new(FindFlags);

    private readonly string path = Path.GetTempFileName();
    private readonly int standardError, level;
    private readonly Dictionary<string, long> peaks = [];
    private bool ended;

    public AllocationLog(string stage)
    {
        if (!IsPossible) throw new InvalidOperationException("This libtorch does not tell what it allocates.");
        // What others have dropped and not yet given back would be counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        standardError = Duplicate(StandardError);
        if (standardError < 0 || DuplicateTo((int)file.DangerousGetHandle(), StandardError) < 0) throw new IOException($"Standard error cannot be led elsewhere: {Marshal.GetLastPInvokeErrorMessage()}.");
        level = *(int*)Flags.Value.Level;
        *(int*)Flags.Value.Level = Info;
        *(bool*)Flags.Value.Report = true;
        Stage = stage;
    }

    /// <summary>Whether libtorch can be asked: not on Windows, nor where it was built with another logging library.</summary>
    public static bool IsPossible => OperatingSystem.IsLinux() && Flags.Value is not (0, _) and not (_, 0);

    /// <summary>What comes next.</summary>
    public string Stage
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            byte[] line = Encoding.UTF8.GetBytes($"{StageMark}{value}\n");
            fixed (byte* bytes = line) _ = Write(StandardError, bytes, (nuint)line.Length);
        }
    } = "";

    /// <summary>Bytes above those at the beginning, at the worst moment of each stage.</summary>
    public IReadOnlyDictionary<string, long> End()
    {
        if (ended) return peaks;
        ended = true;
        *(bool*)Flags.Value.Report = false;
        *(int*)Flags.Value.Level = level;
        _ = DuplicateTo(standardError, StandardError);
        _ = Close(standardError);
        Read();
        File.Delete(path);
        return peaks;
    }

    public void Dispose() => End();

    private void Read()
    {
        string stage = "";
        long live = 0;
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(StageMark, StringComparison.Ordinal))
            {
                stage = line[StageMark.Length..];
            }
            else if (Message().Match(line) is { Success: true } message)
            {
                long bytes = long.Parse(message.Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture);
                live += message.Groups["what"].ValueSpan is "alloc" ? bytes : -bytes;
            }
            else if (!line.Contains(Allocator, StringComparison.Ordinal))
            {
                // Somebody else's.
                Console.Error.WriteLine(line);
            }
            peaks[stage] = Math.Max(peaks.GetValueOrDefault(stage, live), live);
        }
    }

    [GeneratedRegex(@"\] C10 (?<what>alloc|deleted) (?<bytes>\d+) bytes, total alloc ")]
    private static partial Regex Message();

    private static (nint Report, nint Level) FindFlags()
    {
        LibTorch.Load();
        if (!NativeLibrary.TryLoad(Path.Combine(LibTorch.Folder, "libc10.so"), out nint library)) return default;
        _ = NativeLibrary.TryGetExport(library, "FLAGS_caffe2_report_cpu_memory_usage", out nint report);
        _ = NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out nint level);
        return (report, level);
    }

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int DuplicateTo(int descriptor, int other);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, byte* bytes, nuint count);
}
