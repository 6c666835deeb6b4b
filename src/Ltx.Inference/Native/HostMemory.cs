using System.Globalization;

namespace Ltx.Inference.Native;

/// <summary>How much memory the host has left for this process.</summary>
public static class HostMemory
{
    // Of the kernel's documentation (admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst). Version 1 counts a group's own pages and, as "total", those below it.
    private static readonly GroupFiles Version2 = new("memory.max", "memory.current", "file", "shmem"), Version1 = new("memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache", "total_shmem");

    /// <summary>Bytes that can be taken without anything being written to a swap device, the limits of control groups (containers, services) included.</summary>
    public static long Available => Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, ReadAvailable("/"));

    /// <param name="root">where <c>proc</c> and <c>sys</c> are</param>
    internal static long ReadAvailable(string root)
    {
        GCMemoryInfo runtime = GC.GetGCMemoryInfo();
        long available = Number(Lines(Path.Combine(root, "proc/meminfo")), "MemAvailable:") * 1024 ?? runtime.TotalAvailableMemoryBytes - runtime.MemoryLoadBytes;
        foreach ((string group, GroupFiles files) in Groups(root))
        {
            if (!long.TryParse(Lines(Path.Combine(group, files.Limit)).FirstOrDefault(), CultureInfo.InvariantCulture, out long limit)
                || !long.TryParse(Lines(Path.Combine(group, files.Used)).FirstOrDefault(), CultureInfo.InvariantCulture, out long used)) continue;
            string[] kinds = Lines(Path.Combine(group, "memory.stat"));
            // What the group's file cache takes is given up for others, but for what lies in memory-backed files.
            long cache = Math.Max(0, (Number(kinds, files.Cache) ?? 0) - (Number(kinds, files.Shared) ?? 0));
            available = Math.Min(available, limit - used + cache);
        }
        return Math.Max(0, available);
    }

    // The process's own group and those around it: each may have a limit. Lines are "hierarchy:controllers:path"; version 2 names no controllers.
    private static IEnumerable<(string Folder, GroupFiles Files)> Groups(string root)
    {
        string[][] lines = [.. Lines(Path.Combine(root, "proc/self/cgroup")).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3)];
        foreach ((string mount, GroupFiles files, string? own) in new[]
        {
            ("sys/fs/cgroup", Version2, lines.FirstOrDefault(parts => parts[1].Length == 0)?[2]),
            ("sys/fs/cgroup/memory", Version1, lines.FirstOrDefault(parts => parts[1].Split(',').Contains("memory"))?[2]),
        })
        {
            string[] names = (own ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (int depth = names.Length; depth >= 0; depth--) yield return (Path.Combine([root, mount, .. names.Take(depth)]), files);
        }
    }

    // What a group's limit and use are called, and in its memory.stat the file cache and what of it lies in memory-backed files.
    private readonly record struct GroupFiles(string Limit, string Used, string Cache, string Shared);

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
