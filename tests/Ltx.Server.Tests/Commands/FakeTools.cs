namespace Ltx.Server.Tests.Commands;

internal static class FakeTools
{
    /// <summary>
    /// A folder with shell scripts in the place of ffmpeg and ffprobe; one that has none is the real program. Another process writes them: a
    /// child that another test starts meanwhile would have this one's open file for a moment, and what somebody may write to cannot be run.
    /// </summary>
    public static string Tools(this TestFolder folder, string? ffmpeg = null, string? ffprobe = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The fake tools are shell scripts.");
        string tools = folder.Folder($"tools-{Guid.NewGuid():N}");
        foreach ((string name, string? script) in new[] { ("ffmpeg", ffmpeg), ("ffprobe", ffprobe) })
        {
            string file = Path.Combine(tools, name);
            File.WriteAllText(file + ".sh", $"#!/bin/sh\n{script ?? $"exec {TestMedia.Tool(name)} \"$@\""}\n");
            TestMedia.Run("install", "-m", "700", file + ".sh", file);
        }
        return tools;
    }
}
