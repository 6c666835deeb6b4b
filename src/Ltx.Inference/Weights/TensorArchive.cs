using System.Text.Json;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>One or more safetensors files read as one: a single file, or the shards that an index names.</summary>
public sealed class TensorArchive : IDisposable
{
    private readonly Dictionary<string, (SafetensorsFile File, TensorEntry Entry)> tensors = new(StringComparer.Ordinal);

    private TensorArchive(string name, IReadOnlyList<SafetensorsFile> files)
    {
        Name = name;
        Files = files;
        Reader = files.Any(file => file.IsImagined) ? device => new ImaginedReader(device) : IWeightReader.For;
        foreach (SafetensorsFile file in files)
        {
            foreach (TensorEntry entry in file.Tensors.Values)
            {
                if (!tensors.TryAdd(entry.Name, (file, entry))) throw new WeightsException($"{name} holds the tensor \"{entry.Name}\" in two files.");
            }
        }
    }

    /// <summary>What to call it in a message: the path it was opened by.</summary>
    public string Name { get; }

    public IReadOnlyList<SafetensorsFile> Files { get; }

    public IReadOnlyCollection<string> Names => tensors.Keys;

    /// <summary>How its tensors come to a device.</summary>
    internal Func<Device, IWeightReader> Reader { get; set; }

    /// <summary>Writes down what is asked for, in place of having it; null for what has tensors.</summary>
    internal SchemaRecorder? Schema { get; private init; }

    /// <summary>Opens one safetensors file.</summary>
    public static TensorArchive Open(string path) => new(path, [SafetensorsFile.Open(path)]);

    /// <summary>A file that is open already; this owns it.</summary>
    internal static TensorArchive Of(SafetensorsFile file) => new(file.Path, [file]);

    /// <summary>One of no file.</summary>
    internal static TensorArchive Of(SchemaRecorder schema) => new("a model's schema", []) { Schema = schema };

    /// <summary>The same of several, under a name for all.</summary>
    internal static TensorArchive Of(string name, IReadOnlyList<SafetensorsFile> files) => new(name, files);

    /// <summary>Opens a folder's weights: its only safetensors file, or all shards of its index.</summary>
    /// <exception cref="WeightsException">There are none, or it is not clear which.</exception>
    public static TensorArchive OpenFolder(string folder)
    {
        string[] indices = Directory.GetFiles(folder, "*.safetensors.index.json"), files = Directory.GetFiles(folder, "*.safetensors");
        return (indices, files) switch
        {
            ([string index], _) => OpenIndex(index),
            ([], [string file]) => Open(file),
            _ => throw new WeightsException($"{folder} must hold one safetensors file, or one index of several; it has {files.Length} files and {indices.Length} indices."),
        };
    }

    /// <summary>Opens all shards that a <c>*.safetensors.index.json</c> names, and checks that they hold what it says.</summary>
    public static TensorArchive OpenIndex(string indexPath)
    {
        Dictionary<string, string> weightMap = ReadIndex(indexPath);
        string folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        List<SafetensorsFile> files = [];
        try
        {
            foreach (string shard in weightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                // A shard is a file beside its index, never somewhere else.
                if (Path.GetFileName(shard) != shard) throw new WeightsException($"{indexPath} names a shard outside its own folder: \"{shard}\".");
                files.Add(SafetensorsFile.Open(Path.Combine(folder, shard)));
            }
            TensorArchive archive = new(indexPath, files);
            string? missing = weightMap.Keys.FirstOrDefault(name => !archive.Contains(name));
            if (missing is not null) throw new WeightsException($"{indexPath} promises the tensor \"{missing}\", and no shard holds it.");
            return archive;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    public bool Contains(string name) => tensors.ContainsKey(name);

    public (SafetensorsFile File, TensorEntry Entry) Find(string name) =>
        tensors.TryGetValue(name, out (SafetensorsFile, TensorEntry) found) ? found : throw new WeightsException($"{Name} has no tensor \"{name}\".");

    public void Dispose()
    {
        foreach (SafetensorsFile file in Files) file.Dispose();
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(path));
            return index.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(e => e.Name, e => e.Value.GetString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new WeightsException($"{path} is not a weights index: {JsonFault.Describe(e)}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
