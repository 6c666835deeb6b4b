using System.Globalization;
using System.Text.Json.Nodes;
using Ltx.Inference.AudioVae;
using Ltx.Inference.Costs;
using Ltx.Inference.Forms;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Planning;

/// <summary>What a memory plan has to know of a model: its configs, and how many numbers its parts have. Read from headers alone.</summary>
internal sealed record ModelFacts
{
    // Where each part lies in the checkpoint: see FeatureExtractor, AudioCodec.
    private const string BlocksPrefix = $"{LtxTransformer.Prefix}transformer_blocks.";
    private const string VocoderPrefix = "vocoder.", ProjectionPrefix = "text_embedding_projection.";
    private static readonly string[] ConnectorPrefixes = [EmbeddingsConnector.VideoPrefix, EmbeddingsConnector.AudioPrefix];

    public required TransformerConfig Transformer { get; init; }

    public required VideoVaeConfig Vae { get; init; }

    public required AudioVaeConfig Audio { get; init; }

    public required VocoderConfig Vocoder { get; init; }

    public required LatentUpsamplerConfig Upsampler { get; init; }

    /// <summary>Gemma, and what comes between it and the transformer.</summary>
    public required TextConfigs Text { get; init; }

    public GemmaConfig Gemma => Text.Gemma;

    /// <summary>One transformer block; all are alike but in float8 files.</summary>
    public required PartSize Block { get; init; }

    /// <summary>All blocks. A float8 file leaves some of them, and some layers of others, as they were: only what it has in float8 counts as matrices.</summary>
    public required IReadOnlyList<PartSize> Blocks { get; init; }

    /// <summary>The rest of the transformer.</summary>
    public required PartSize Ends { get; init; }

    /// <summary>One layer of Gemma; all are alike.</summary>
    public required PartSize GemmaLayer { get; init; }

    /// <summary>Gemma's output head, where it writes prompts: it is read when it is first needed and stays.</summary>
    public required PartSize Head { get; init; }

    /// <summary>What Gemma sees with; null where it is shown nothing.</summary>
    public VisionConfig? Vision { get; init; }

    /// <summary>The vision tower and the projector behind it, which come and go with the text encoder.</summary>
    public PartSize VisionSize { get; init; }

    /// <summary>Whether the file has the blocks' matrices in float8.</summary>
    public required bool IsFloat8 { get; init; }

    /// <summary>The projection of Gemma's states.</summary>
    public required PartSize Projection { get; init; }

    /// <summary>The larger connector, and both.</summary>
    public required PartSize LargerConnector { get; init; }

    public required PartSize Connectors { get; init; }

    /// <summary>Video VAE, audio VAE and upsampler: what computes in the model's type and always stays.</summary>
    public required PartSize Codecs { get; init; }

    /// <summary>Computes in float32, always.</summary>
    public required PartSize VocoderSize { get; init; }

    /// <summary>Numbers of the largest matrix that a LoRA may change.</summary>
    public required long LargestMatrix { get; init; }

    /// <summary>Bytes that the weights of the transformer's linear layers have in the file.</summary>
    public long PristineBytes { get; private init; }

    /// <summary>Bytes of the model's own LoRAs, which every request is merged with.</summary>
    public long OwnLoraBytes { get; private init; }

    /// <summary>Whether the files of both lie in memory.</summary>
    public bool LiesInMemory { get; private init; }

    /// <summary>Reads a model folder's headers and configs; loads no weight.</summary>
    /// <param name="sees">whether Gemma is shown pictures</param>
    /// <exception cref="WeightsException">A file is missing, not sound, of another architecture, or not made for the others, or the model cannot see and should.</exception>
    public static ModelFacts Read(ModelFolder folder, bool sees = false)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        using SafetensorsFile file = folder.Files.Open(folder.Checkpoint), upscaler = folder.Files.Open(folder.Upscaler);
        using TensorArchive gemma = folder.Files.OpenFolder(folder.TextEncoder);
        (long Bytes, bool LiesInMemory) Lora(string path)
        {
            using SafetensorsFile lora = folder.Files.Open(path);
            return (lora.IsImagined ? 0 : lora.Tensors.Values.Sum(entry => entry.Length), lora.LiesInMemory);
        }

        (long Bytes, bool LiesInMemory)[] loras = [.. new[] { folder.DistilledLora, folder.InpaintAdapter }.OfType<string>().Select(Lora)];
        ConfigSection upscalerConfig = ConfigSection.Parse(upscaler.Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{folder.Upscaler} is no latent upsampler: its metadata has no config."), folder.Upscaler);
        Insist(folder.Checkpoint, PartsFit.Faults(checkpoint.Config));
        Insist(folder.Upscaler, PartsFit.Faults(LatentUpsamplerConfig.Read(upscalerConfig), checkpoint.Config));
        ModelFacts facts = From(
            checkpoint.Config, upscalerConfig, folder.Files.ReadConfig(Path.Combine(folder.TextEncoder, "config.json")),
            Shapes([file]), Shapes([upscaler]), Shapes(gemma.Files), folder.PromptExpansion,
            file.Tensors.Values.Where(entry => entry.Type.IsFloat8() && entry.Name.StartsWith(BlocksPrefix, StringComparison.Ordinal)).Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal)) with
        {
            PristineBytes = file.IsImagined ? 0 : file.Tensors.Values.Where(entry => IsLinear(entry.Name, entry.Shape)).Sum(entry => entry.Length),
            OwnLoraBytes = loras.Sum(lora => lora.Bytes),
            LiesInMemory = file.LiesInMemory && loras.All(lora => lora.LiesInMemory),
        };
        if (!sees) return facts;
        (VisionConfig vision, IReadOnlyList<string> prefixes) = ImageEncoder.Check(folder, gemma);
        return facts with { Vision = vision, VisionSize = PartSize.Of(Shapes(gemma.Files).Where(tensor => prefixes.Any(prefix => tensor.Item1.StartsWith(prefix, StringComparison.Ordinal)))) };
    }

    /// <summary>The same of a model that is only described.</summary>
    /// <param name="sees">whether Gemma is shown pictures</param>
    public static ModelFacts Of(ModelPreset preset, bool sees = false)
    {
        ConfigSection checkpoint = Config(preset.Checkpoint.Config, "checkpoint"), upscaler = Config(preset.Upscaler.Config, "upscaler"), gemma = Config(preset.TextEncoder.Files["config.json"], "text encoder");
        GemmaConfig text = GemmaConfig.Read(gemma);
        IReadOnlyList<ExpectedTensor> tensors = Schemas.Checkpoint(checkpoint, text.HiddenSize, text.Layers);
        VisionConfig? vision = sees ? VisionConfig.Read(gemma) : null;
        return From(
            checkpoint, upscaler, gemma,
            Shapes(tensors), Shapes(Schemas.Upsampler(upscaler)), Shapes(Schemas.LanguageModel(text)), writesPrompts: true, float8: new HashSet<string>()) with
        {
            PristineBytes = tensors.Where(tensor => IsLinear(tensor.Name, tensor.Shape)).Sum(tensor => tensor.Length),
            Vision = vision,
            VisionSize = vision is null ? default : PartSize.Of(Shapes(Schemas.Vision(vision))),
        };
    }

    /// <summary>The same of configs and lists of tensors.</summary>
    /// <param name="config">the checkpoint's</param>
    /// <param name="upscalerConfig">the upsampler's</param>
    /// <param name="gemmaConfig">Gemma's whole <c>config.json</c></param>
    /// <param name="checkpoint">names and shapes of the checkpoint's tensors</param>
    /// <param name="upscaler">the same of the upsampler</param>
    /// <param name="gemma">the same of Gemma</param>
    /// <param name="writesPrompts">whether Gemma is asked to write, too</param>
    /// <param name="float8">which of the blocks' matrices the file has in float8</param>
    public static ModelFacts From(
        ConfigSection config, ConfigSection upscalerConfig, ConfigSection gemmaConfig,
        IReadOnlyList<(string Name, long[] Shape)> checkpoint, IReadOnlyList<(string Name, long[] Shape)> upscaler, IReadOnlyList<(string Name, long[] Shape)> gemma,
        bool writesPrompts, IReadOnlySet<string> float8)
    {
        TransformerConfig transformer = TransformerConfig.From(config);
        GemmaConfig text = GemmaConfig.Read(gemmaConfig);
        PartSize Part(IEnumerable<string> prefixes) => PartSize.Of(checkpoint.Where(tensor => prefixes.Any(prefix => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))));
        PartSize[] connectors = [.. ConnectorPrefixes.Select(prefix => Part([prefix]))];
        return new ModelFacts
        {
            Transformer = transformer,
            Vae = VideoVaeConfig.Read(config),
            Audio = AudioVaeConfig.Read(config),
            Vocoder = VocoderConfig.Read(config),
            Upsampler = LatentUpsamplerConfig.Read(upscalerConfig),
            Text = new TextConfigs(text, ConnectorConfig.Video(config.Section("transformer")), ConnectorConfig.Audio(config.Section("transformer")), transformer),
            Block = Items(checkpoint, BlocksPrefix).MaxBy(block => block.Numbers),
            Blocks = Items(checkpoint, BlocksPrefix, float8.Count > 0 ? float8.Contains : null),
            Ends = PartSize.Of(checkpoint.Where(tensor => InTransformer(tensor.Name) && !tensor.Name.StartsWith(BlocksPrefix, StringComparison.Ordinal))),
            GemmaLayer = Items(gemma, GemmaPrefix(gemma)).MaxBy(layer => layer.Numbers),
            Head = writesPrompts ? new PartSize((long)text.VocabularySize * text.HiddenSize, 0, 0) : default,
            IsFloat8 = float8.Count > 0,
            Projection = Part([ProjectionPrefix]),
            LargerConnector = connectors.MaxBy(connector => connector.Numbers),
            Connectors = connectors.Aggregate((a, b) => a + b),
            Codecs = Part(["vae.", "audio_vae."]) + PartSize.Of(upscaler),
            VocoderSize = Part([VocoderPrefix]),
            LargestMatrix = checkpoint.Where(tensor => InTransformer(tensor.Name) && tensor.Shape.Length == 2).Select(tensor => tensor.Shape[0] * tensor.Shape[1]).DefaultIfEmpty().Max(),
        };
    }

    /// <summary>The same where all of the blocks' matrices are rounded to float8 when they are loaded, whatever the file has.</summary>
    public ModelFacts AllFloat8() => this with { Blocks = [.. Enumerable.Repeat(Block, Blocks.Count)] };

    // Sound as each part may be, a request would end in a mismatch somewhere within.
    private static void Insist(string path, IEnumerable<string> faults)
    {
        if (faults.FirstOrDefault() is { } fault) throw new WeightsException($"{path} {fault}");
    }

    private static bool InTransformer(string name) => name.StartsWith(LtxTransformer.Prefix, StringComparison.Ordinal) && !ConnectorPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    // Tables of modulation have two dimensions as well, and other names.
    private static bool IsLinear(string name, long[] shape) => InTransformer(name) && shape.Length == 2 && name.EndsWith(".weight", StringComparison.Ordinal);

    private static string GemmaPrefix(IReadOnlyList<(string Name, long[] Shape)> gemma)
    {
        string? prefix = GemmaWeights.Prefixes.Select(candidate => $"{candidate}.layers.").FirstOrDefault(candidate => gemma.Any(tensor => tensor.Name.StartsWith(candidate, StringComparison.Ordinal)));
        return prefix ?? throw new WeightsException("The text encoder has no layers by any name that a Gemma 3 has.");
    }

    // A numbered list of parts. Those that the files lack, or have too many of, are named by whoever loads them.
    private static List<PartSize> Items(IReadOnlyList<(string Name, long[] Shape)> tensors, string prefix, Func<string, bool>? isFloat8 = null) =>
    [
        .. tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .GroupBy(tensor => int.TryParse(tensor.Name[prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : int.MaxValue)
            .OrderBy(item => item.Key).Select(item => PartSize.Of(item, isFloat8)),
    ];

    private static ConfigSection Config(JsonObject json, string part) => ConfigSection.Parse(json.ToJsonString(), $"the preset's {part}");

    private static List<(string, long[])> Shapes(IEnumerable<ExpectedTensor> tensors) => [.. tensors.Select(tensor => (tensor.Name, tensor.Shape))];

    private static List<(string, long[])> Shapes(IEnumerable<SafetensorsFile> files) => [.. files.SelectMany(file => file.Tensors.Values).Select(entry => (entry.Name, entry.Shape))];
}
