namespace Ltx.Training.Tests.Data;

/// <summary>A data set in a folder that goes with the test.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("ltx-data-");

    public DataFolder() => Directory.CreateDirectory(Files);

    /// <summary>The data set.</summary>
    public string Files => Path.Combine(root.FullName, "files");

    /// <summary>Where it is prepared.</summary>
    public string Cache => Path.Combine(root.FullName, "cache");

    /// <summary>A path beside the data set.</summary>
    public string Beside(string name) => Path.Combine(root.FullName, name);

    /// <summary>Writes a file of the data set.</summary>
    public DataFolder Add(string name, byte[] content)
    {
        string path = Path.Combine(Files, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return this;
    }

    public DataFolder Add(string name, string content = "") => Add(name, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Everything that lies below the folder around all of it, from there on.</summary>
    public string[] Names() =>
    [
        .. root.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry => Path.GetRelativePath(root.FullName, entry.FullName))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose() => root.Delete(recursive: true);
}
