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

    /// <summary>Everything that lies in a folder, hidden files too.</summary>
    public static string[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
