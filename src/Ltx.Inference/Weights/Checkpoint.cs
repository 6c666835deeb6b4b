using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>The monolithic checkpoint file with its config, from which every component takes its own part.</summary>
public sealed class Checkpoint : IDisposable
{
    private readonly TensorArchive archive;

    private Checkpoint(TensorArchive archive, ConfigSection config)
    {
        this.archive = archive;
        Config = config;
    }

    /// <summary>The <c>config</c> of the file's metadata.</summary>
    public ConfigSection Config { get; }

    /// <exception cref="WeightsException">The file is not a checkpoint.</exception>
    public static Checkpoint Open(string path) => Of(TensorArchive.Open(path));

    /// <summary>The checkpoint of a model.</summary>
    /// <exception cref="WeightsException">The file is not a checkpoint.</exception>
    public static Checkpoint Open(ModelFolder model) => Of(TensorArchive.Of(model.Files.Open(model.Checkpoint)));

    /// <summary>The same of an archive, which this owns.</summary>
    /// <exception cref="WeightsException">It is not a checkpoint.</exception>
    internal static Checkpoint Of(TensorArchive archive)
    {
        try
        {
            string config = archive.Files[0].Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{archive.Name} is no LTX checkpoint: its metadata has no config.");
            return new Checkpoint(archive, ConfigSection.Parse(config, archive.Name));
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>A checkpoint that is only described: what is built over it is written down.</summary>
    internal static Checkpoint Of(SchemaRecorder schema, ConfigSection config) => new(schema.Archive, config);

    /// <summary>How its tensors come to a device.</summary>
    internal Func<Device, IWeightReader> Reader
    {
        set => archive.Reader = value;
    }

    /// <summary>The weights below a prefix. The caller disposes them; the checkpoint must stay open as long.</summary>
    /// <param name="format">in what form the weight of a linear layer is kept, by its name; null for as the file has it</param>
    public ComponentWeights Component(string prefix, Device device, ScalarType type, Func<string, WeightFormat>? format = null) => new(archive, prefix, device, type, format);

    public void Dispose() => archive.Dispose();
}
