using System.Globalization;

namespace Ltx.Inference.Measuring;

/// <summary>Memory of the machine.</summary>
public static class HostMemory
{
    /// <summary>Bytes that could be taken now without pushing anybody out, within what the process may have at all.</summary>
    public static long Available()
    {
        const string Facts = "/proc/meminfo", Key = "MemAvailable:";
        long most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string? line = File.Exists(Facts) ? File.ReadLines(Facts).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? most : Math.Min(most, 1024 * long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture));
    }
}
