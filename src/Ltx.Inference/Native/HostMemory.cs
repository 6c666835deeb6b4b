using System.Globalization;

namespace Ltx.Inference.Native;

/// <summary>How much memory the host has left for this process.</summary>
public static class HostMemory
{
    /// <summary>Bytes that can be taken without anything being written to a swap device, the limits of control groups (containers, services) included.</summary>
    public static long Available => Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, ReadAvailable("/"));

    /// <param name="root">where <c>proc</c> and <c>sys</c> are</param>
    internal static long ReadAvailable(string root)
    {
        GCMemoryInfo runtime = GC.GetGCMemoryInfo();
        long available = Number(Lines(Path.Combine(root, "proc/meminfo")), "MemAvailable:") * 1024 ?? runtime.TotalAvailableMemoryBytes - runtime.MemoryLoadBytes;
        foreach (string group in Groups(root))
        {
            if (!long.TryParse(Lines(Path.Combine(group, "memory.max")).FirstOrDefault(), CultureInfo.InvariantCulture, out long limit)
                || !long.TryParse(Lines(Path.Combine(group, "memory.current")).FirstOrDefault(), CultureInfo.InvariantCulture, out long used)) continue;
            string[] kinds = Lines(Path.Combine(group, "memory.stat"));
            // What the group's file cache takes is given up for others, but for what lies in memory-backed files.
            long cache = Math.Max(0, (Number(kinds, "file") ?? 0) - (Number(kinds, "shmem") ?? 0));
            available = Math.Min(available, limit - used + cache);
        }
        return Math.Max(0, available);
    }

    // The process's own group and those around it: each may have a limit (control groups, version 2).
    private static IEnumerable<string> Groups(string root)
    {
        string mount = Path.Combine(root, "sys/fs/cgroup");
        string own = Lines(Path.Combine(root, "proc/self/cgroup")).FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?[4..] ?? "";
        string[] names = own.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int depth = names.Length; depth >= 0; depth--) yield return Path.Combine([mount, .. names.Take(depth)]);
    }

    // "name 12" or "name: 12 kB"
    private static long? Number(string[] lines, string name) =>
        lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(words => words.Length > 1 && words[0] == name) is { } found
            && long.TryParse(found[1], CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
