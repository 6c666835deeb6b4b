using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>The weights of a folder with a Gemma 3: one safetensors file, or shards with an index. Owns files and tensors.</summary>
internal sealed class GemmaWeights : IDisposable
{
    private const string Table = "embed_tokens.weight";

    // Where the language model lies: in the hub's files, in those that transformers 5 writes, and in a language model alone.
    internal static readonly string[] Prefixes = ["language_model.model", "model.language_model", "model"];

    // The vision tower by its three names, and the projector behind it: Vision/ImageEncoder reads them where they are needed.
    internal static readonly string[] Sight = ["vision_tower.", "model.vision_tower.", "vision_model.", "multi_modal_projector.", "model.multi_modal_projector."];

    // What is not the language model: that, the output head where a file repeats it (it is the embedding), and the SentencePiece model
    // that single files carry.
    internal static readonly string[] Ignored = [.. Sight, "lm_head.", "language_model.lm_head.", "spiece_model"];

    private readonly TensorArchive archive;
    private readonly ComponentWeights component;
    private readonly ComponentWeights table;
    private readonly string prefix;

    private GemmaWeights(TensorArchive archive, string prefix, ScalarType tableType, Device device, ScalarType type)
    {
        (this.archive, this.prefix) = (archive, prefix);
        component = new ComponentWeights(archive, "", device, type);
        // The real table is 2 GB, of which a prompt needs a thousandth: it stays in the file, in the file's type.
        table = new ComponentWeights(archive, "", CPU, tableType, checkNumbers: false);
    }

    /// <summary>The cursor at the language model.</summary>
    public WeightScope Root => component.Root[prefix];

    /// <summary>The cursor at the embedding table, which looks into the file.</summary>
    public WeightScope TableRoot => table.Root[prefix];

    /// <exception cref="WeightsException">There is no file, or it holds no Gemma 3.</exception>
    public static GemmaWeights Open(ModelFolder model, Device device, ScalarType type)
    {
        TensorArchive archive = model.Files.OpenFolder(model.TextEncoder);
        try
        {
            string prefix = Array.Find(Prefixes, candidate => archive.Contains($"{candidate}.{Table}"))
                ?? throw new WeightsException($"{archive.Name} has no tensor \"{Prefixes[0]}.{Table}\": it is no Gemma 3.");
            return new GemmaWeights(archive, prefix, (ScalarType)archive.Find($"{prefix}.{Table}").Entry.Type, device, type);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Those that are only described.</summary>
    /// <param name="prefix">one of <see cref="Prefixes"/></param>
    public static GemmaWeights Of(SchemaRecorder schema, string prefix) => new(schema.Archive, prefix, ScalarType.BFloat16, SchemaRecorder.Device, ScalarType.BFloat16);

    /// <summary>One layer with weights of its own, for as long as it is needed.</summary>
    /// <param name="index">which layer</param>
    /// <param name="owner">what the caller disposes</param>
    public GemmaLayer LoadLayer(int index, GemmaConfig config, out ComponentWeights owner)
    {
        // Each is read again and again; its numbers are looked at by whoever uses the result.
        owner = new ComponentWeights(archive, $"{prefix}.layers.{index}.", component.Device, component.Type, checkNumbers: false);
        try
        {
            GemmaLayer layer = new(owner.Root, config);
            owner.Complete();
            return layer;
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Insists that nothing of the language model is left over.</summary>
    /// <param name="withoutLayers">whether the layers are left out, to be read one by one</param>
    public void Complete(bool withoutLayers) => component.Complete([$"{prefix}.{Table}", .. Ignored, .. withoutLayers ? [$"{prefix}.layers."] : Array.Empty<string>()]);

    /// <summary>The embedding table as the output head; whoever asks keeps it, and this owns it.</summary>
    public Linear LoadHead(GemmaConfig config)
    {
        Linear head = new(Root["embed_tokens"], config.HiddenSize, config.VocabularySize, bias: false);
        component.Settle();
        return head;
    }

    public void Dispose()
    {
        component.Dispose();
        table.Dispose();
        archive.Dispose();
    }
}
