namespace Ltx.Inference.Weights;

/// <summary>Files that lie where their paths say.</summary>
internal sealed class DiskFiles : IModelFiles
{
    public static DiskFiles Instance { get; } = new();

    public SafetensorsFile Open(string path) => SafetensorsFile.Open(path);

    public TensorArchive OpenFolder(string folder) => TensorArchive.OpenFolder(folder);

    public ConfigSection ReadConfig(string path) => JsonFile.Read(path);
}
