using System.Globalization;
using System.Text.RegularExpressions;
using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>What is in a weights file, from its header alone.</summary>
/// <param name="Path">the file, or the index of several</param>
/// <param name="Kind">what it is taken for</param>
/// <param name="Bytes">on disk</param>
/// <param name="Metadata">the (first) file's own</param>
/// <param name="Components">in the order of the file's names</param>
/// <param name="Groups">the tensors, numbered ones together</param>
/// <param name="IsLora">whether <see cref="LoraInspection"/> has more to say</param>
public sealed partial record FileInspection(
    string Path, string Kind, long Bytes, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<ComponentSize> Components, IReadOnlyList<TensorGroup> Groups, bool IsLora)
{
    // Longer ones first where one begins with another.
    private static readonly (string Prefix, string Name)[] KnownComponents =
    [
        ("model.diffusion_model.video_embeddings_connector.", "video connector"),
        ("model.diffusion_model.audio_embeddings_connector.", "audio connector"),
        ("model.diffusion_model.", "transformer"),
        ("text_embedding_projection.", "text projection"),
        ("vae.encoder.", "video VAE encoder"),
        ("vae.decoder.", "video VAE decoder"),
        ("vae.per_channel_statistics.", "video VAE statistics"),
        ("audio_vae.encoder.", "audio VAE encoder"),
        ("audio_vae.decoder.", "audio VAE decoder"),
        ("audio_vae.per_channel_statistics.", "audio VAE statistics"),
        ("vocoder.vocoder.", "vocoder"),
        ("vocoder.bwe_generator.", "vocoder, bandwidth extension"),
        ("vocoder.mel_stft.", "vocoder, bases"),
        ("language_model.", "language model"),
        ("vision_tower.", "vision tower"),
        ("model.vision_tower.", "vision tower"),
        ("vision_model.", "vision tower"),
        ("multi_modal_projector.", "vision projector"),
        ("model.multi_modal_projector.", "vision projector"),
    ];

    /// <param name="path">a safetensors file, or the <c>.safetensors.index.json</c> of several</param>
    /// <exception cref="WeightsException">It is neither, or not sound.</exception>
    public static FileInspection Of(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        using TensorArchive archive = full.EndsWith(".index.json", StringComparison.Ordinal) ? TensorArchive.OpenIndex(full) : TensorArchive.Open(full);
        List<TensorEntry> entries = [.. archive.Files.SelectMany(file => file.Tensors.Values)];
        IReadOnlyDictionary<string, string> metadata = archive.Files[0].Metadata;
        bool isLora = entries.Any(entry => LoraName().IsMatch(entry.Name));
        return new FileInspection(
            full, isLora ? "LoRA" : KindOf(archive, metadata), archive.Files.Sum(file => new FileInfo(file.Path).Length), metadata,
            [.. entries.GroupBy(entry => ComponentOf(entry.Name)).OrderBy(group => Array.FindIndex(KnownComponents, known => known.Name == group.Key)).Select(group => Size(group.Key, group))],
            [.. entries.GroupBy(entry => (Name: Number().Replace(entry.Name, "{}"), entry.Type, Shape: FormCheck.Describe(entry.Shape))).OrderBy(group => group.Key.Name, StringComparer.Ordinal).Select(Group)],
            isLora);
    }

    /// <summary>Every tensor by itself.</summary>
    /// <exception cref="WeightsException">The file is not sound.</exception>
    public static IReadOnlyList<TensorGroup> Tensors(string path)
    {
        using TensorArchive archive = path.EndsWith(".index.json", StringComparison.Ordinal) ? TensorArchive.OpenIndex(path) : TensorArchive.Open(path);
        return [.. archive.Files.SelectMany(file => file.Tensors.Values).OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => new TensorGroup(entry.Name, NameOf(entry.Type), entry.Shape, 1, entry.Length))];
    }

    private static string KindOf(TensorArchive archive, IReadOnlyDictionary<string, string> metadata)
    {
        if (archive.Names.Any(name => name.StartsWith(LtxTransformer.Prefix, StringComparison.Ordinal))) return "LTX checkpoint";
        if (metadata.GetValueOrDefault("config")?.Contains("LatentUpsampler", StringComparison.Ordinal) == true) return "latent upsampler";
        return archive.Names.Any(name => name.EndsWith(".pre_feedforward_layernorm.weight", StringComparison.Ordinal)) ? "Gemma 3" : "tensors";
    }

    private static string ComponentOf(string name) => Array.Find(KnownComponents, known => name.StartsWith(known.Prefix, StringComparison.Ordinal)).Name ?? "other tensors";

    private static ComponentSize Size(string name, IEnumerable<TensorEntry> entries)
    {
        List<TensorEntry> tensors = [.. entries];
        return new ComponentSize(
            name, tensors.Count, tensors.Sum(Elements), tensors.Sum(entry => entry.Length),
            [.. tensors.GroupBy(entry => entry.Type).OrderByDescending(group => group.Count()).Select(group => (NameOf(group.Key), group.Count()))]);
    }

    private static TensorGroup Group(IGrouping<(string Name, ElementType Type, string Shape), TensorEntry> group)
    {
        // One range a number in the name; [i] is the i-th number of every name of the group.
        List<int[]> numbers = [.. group.Select(entry => Number().Matches(entry.Name).Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray())];
        int at = 0;
        string name = Regex.Replace(group.Key.Name, @"\{\}", _ =>
        {
            int place = at++;
            return Range(numbers.Select(each => each[place]));
        });
        return new TensorGroup(name, NameOf(group.Key.Type), group.First().Shape, group.Count(), group.Sum(entry => entry.Length));
    }

    private static string Range(IEnumerable<int> numbers)
    {
        int[] distinct = [.. numbers.Distinct().Order()];
        bool unbroken = distinct[^1] - distinct[0] == distinct.Length - 1;
        return distinct.Length == 1 ? $"{distinct[0]}" : unbroken ? $"{{{distinct[0]}-{distinct[^1]}}}" : $"{{{string.Join(',', distinct)}}}";
    }

    private static long Elements(TensorEntry entry) => entry.Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>A type by the name that the format has for it.</summary>
    private static string NameOf(ElementType type) => type switch
    {
        ElementType.Float64 => "F64",
        ElementType.Float32 => "F32",
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Float8E4M3 => "F8_E4M3",
        ElementType.Float8E5M2 => "F8_E5M2",
        ElementType.Bool => "BOOL",
        ElementType.UInt8 => "U8",
        _ => $"I{type.Size() * 8}",
    };

    // A number between dots, not the 1 of conv1; short enough to be one.
    [GeneratedRegex(@"(?<=\.)\d{1,6}(?=\.)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\.lora[_.](A|B|up|down)\.", RegexOptions.CultureInvariant)]
    private static partial Regex LoraName();
}
