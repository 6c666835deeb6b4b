namespace Ltx.Server.Tests.Commands;

/// <summary>A temporary folder of a test; gone when disposed.</summary>
public sealed class TestFolder : IDisposable
{
    public TestFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ltx-test-{Guid.NewGuid():N}");

    public string Named(string name) => System.IO.Path.Combine(Path, name);

    public string Folder(string name) => Directory.CreateDirectory(Named(name)).FullName;

    public string Text(string name, string text)
    {
        File.WriteAllText(Named(name), text);
        return Named(name);
    }

    public string Bytes(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(Named(name), bytes);
        return Named(name);
    }

    /// <summary>
    /// A folder with shell scripts in the place of ffmpeg and ffprobe; one that has none is the real program. Another process writes them: a
    /// child that another test starts meanwhile would have this one's open file for a moment, and what somebody may write to cannot be run.
    /// </summary>
    public string Tools(string? ffmpeg = null, string? ffprobe = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The fake tools are shell scripts.");
        string folder = Folder($"tools-{Guid.NewGuid():N}");
        foreach ((string name, string? script) in new[] { ("ffmpeg", ffmpeg), ("ffprobe", ffprobe) })
        {
            string file = System.IO.Path.Combine(folder, name);
            File.WriteAllText(file + ".sh", $"#!/bin/sh\n{script ?? $"exec {TestMedia.Tool(name)} \"$@\""}\n");
            TestMedia.Run("install", "-m", "700", file + ".sh", file);
        }
        return folder;
    }

    /// <summary>Everything that lies in a folder, hidden files too.</summary>
    public static string[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
