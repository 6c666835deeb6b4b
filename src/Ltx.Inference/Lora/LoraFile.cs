using System.Globalization;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Lora;

/// <summary>
/// A LoRA in any of the spellings that are met: prefixes of ltx-trainer, PEFT, diffusers and kohya, A/B or down/up, with or without alpha, which may
/// stand in the metadata alone; and the whole differences of weights and biases that extraction tools write beside or instead of it.
/// </summary>
public sealed class LoraFile : IDisposable
{
    // Other ways of changing a weight. They are not sums, and taking only the part that looks like one would be wrong.
    private static readonly Dictionary<string, string> OtherKinds = new(StringComparer.Ordinal)
    {
        [".dora_scale"] = "DoRA",
        [".lora_magnitude_vector"] = "DoRA",
        [".lora_magnitude_vector.weight"] = "DoRA",
        [".hada_w1_a"] = "LoHa",
        [".lokr_w1"] = "LoKr",
        [".lokr_w1_a"] = "LoKr",
        [".lora_mid.weight"] = "a LoRA with a core between its halves",
        [".hada_w1_b"] = "LoHa",
        [".lokr_w2"] = "LoKr",
        [".oft_blocks"] = "OFT",
        [".oft_diag"] = "OFT",
        [".boft_blocks"] = "BOFT",
        [".on_input"] = "IA3",
        [".a1.weight"] = "GLoRA",
        [".reshape_weight"] = "one that changes the shape of a layer",
        [".set_weight"] = "a full replacement",
    };

    /// <summary>Metadata in which a trainer may say what a LoRA was given of the source: "mask", "reference" or "none".</summary>
    public const string KindKey = "inpaint_conditioning";

    // What the two published trainer configurations change: attention of the video stream alone, and its feed-forward besides.
    // Source: Lightricks/LTX-2, packages/ltx-trainer, configs/video_inpainting_lora.yaml and v2v_ic_lora.yaml (400fd31).
    private static readonly string[] MaskTrained = [".attn1.to_q", ".attn1.to_k", ".attn1.to_v", ".attn1.to_out.0", ".attn2.to_q", ".attn2.to_k", ".attn2.to_v", ".attn2.to_out.0"];
    private static readonly string[] ReferenceTrained = [.. MaskTrained, ".ff.net.0.proj", ".ff.net.2"];

    private readonly SafetensorsFile file;
    private readonly List<string> leftOver = [];

    private LoraFile(SafetensorsFile file, string name)
    {
        this.file = file;
        Name = name;
        (long length, DateTime written) = file.State;
        Identity = new LoraIdentity(file.Path, length, written);
        Modules = ReadModules();
        int? downscale = Factor("reference_downscale_factor") ?? Factor("reference_spatial_scale_factor"), temporal = Factor("reference_temporal_scale_factor");
        HasReference = downscale is not null || temporal is not null;
        ReferenceDownscale = downscale ?? 1;
        ReferenceTemporalScale = temporal ?? 1;
        (Kind, KindReason) = FindKind();
    }

    public string Path => file.Path;

    /// <summary>What to call it in a message.</summary>
    public string Name { get; }

    /// <summary>Whether the file says with what kind of reference it was trained.</summary>
    public bool HasReference { get; }

    /// <summary>How many times smaller than the target the reference is that it was trained with; 1 where it says nothing.</summary>
    public int ReferenceDownscale { get; }

    /// <summary>How many times fewer frames a second that reference has.</summary>
    public int ReferenceTemporalScale { get; }

    /// <summary>What it was trained to be given of the source.</summary>
    public LoraKind Kind { get; }

    /// <summary>From what that is known, or why it is assumed, as the end of a sentence.</summary>
    public string KindReason { get; }

    /// <summary>Tells two files apart, also where one took the other's place.</summary>
    internal LoraIdentity Identity { get; }

    internal IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>Names of tensors that belong to none of its modules.</summary>
    internal IReadOnlyList<string> LeftOver => leftOver;

    /// <summary>What its metadata say of its strength, where that matters: without an alpha among the tensors. Else null.</summary>
    internal string? Strength { get; private set; }

    /// <param name="path">the safetensors file</param>
    /// <param name="name">what to call it in messages; null for the file's own name</param>
    /// <exception cref="WeightsException">It is not a LoRA, or of a kind that is no sum.</exception>
    public static LoraFile Open(string path, string? name = null) => Of(SafetensorsFile.Open(path), name);

    /// <summary>The same of a file that is open already; this owns it.</summary>
    /// <exception cref="WeightsException">It is not a LoRA, or of a kind that is no sum.</exception>
    internal static LoraFile Of(SafetensorsFile file, string? name = null)
    {
        try
        {
            return new LoraFile(file, name ?? System.IO.Path.GetFileName(file.Path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>Where its tensors stay in host memory to be read from again; null where they do not. Must outlive every reading.</summary>
    internal PristineStore? Kept { get; set; }

    /// <summary>Asks for a tensor in the file's type; it belongs to the caller.</summary>
    internal Tensor Read(IWeightReader reader, TensorEntry entry) => reader.Read(file, entry, pristine: Kept?.Of(file, entry));

    private List<LoraModule> ReadModules()
    {
        (Dictionary<LoraTensorKind, Dictionary<string, TensorEntry>> sorted, List<string> unknown) = Sort();
        Dictionary<string, TensorEntry> down = sorted[LoraTensorKind.Down], up = sorted[LoraTensorKind.Up], alpha = sorted[LoraTensorKind.Alpha];
        Dictionary<string, TensorEntry> upBias = sorted[LoraTensorKind.UpBias], difference = sorted[LoraTensorKind.Difference], bias = sorted[LoraTensorKind.BiasDifference];
        HashSet<string> modules = [.. down.Keys, .. difference.Keys, .. bias.Keys];
        if (modules.Count == 0)
        {
            throw new WeightsException($"{file.Path} is no LoRA: none of its {file.Tensors.Count} tensors is a lora_A or lora_down{First(unknown)}.");
        }
        string? single = down.Keys.Except(up.Keys).Concat(up.Keys.Except(down.Keys)).Concat(upBias.Keys.Except(up.Keys)).FirstOrDefault();
        if (single is not null) throw new WeightsException($"{file.Path} has only one half of the module \"{single}\".");
        // What stands beside a module's matrices changes what they do; what stands elsewhere belongs to something else.
        List<string> beside = [.. unknown.Where(name => BelongsTo(name, modules))];
        if (beside.Count > 0)
        {
            throw new WeightsException(
                $"{file.Path} holds {beside.Count} tensors of its modules that mean nothing here{First(beside)}, and without them it would be another LoRA.");
        }
        leftOver.AddRange(unknown);
        leftOver.AddRange(alpha.Where(pair => !modules.Contains(pair.Key)).Select(pair => pair.Value.Name));
        StatedStrength? stated = down.Keys.All(alpha.ContainsKey) ? null : Stated(hasSomeAlpha: alpha.Count > 0);
        LowRankPair? Halves(string name) =>
            down.TryGetValue(name, out TensorEntry? half) ? Pair(name, half, up[name], upBias.GetValueOrDefault(name), alpha.GetValueOrDefault(name), stated) : null;
        return
        [
            .. modules.Order(StringComparer.Ordinal).Select(name => new LoraModule(
                name, Halves(name), Floating(file, difference.GetValueOrDefault(name)), Floating(file, bias.GetValueOrDefault(name)))),
        ];
    }

    // By what each is to its module, and the names of those that are nothing.
    private (Dictionary<LoraTensorKind, Dictionary<string, TensorEntry>> Sorted, List<string> Unknown) Sort()
    {
        Dictionary<LoraTensorKind, Dictionary<string, TensorEntry>> sorted =
            Enum.GetValues<LoraTensorKind>().ToDictionary(kind => kind, _ => new Dictionary<string, TensorEntry>(StringComparer.Ordinal));
        List<string> unknown = [];
        foreach (TensorEntry entry in file.Tensors.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (OtherKinds.FirstOrDefault(kind => entry.Name.EndsWith(kind.Key, StringComparison.Ordinal)) is { Value: { } kind })
            {
                throw new WeightsException(
                    $"{file.Path} is {kind} (\"{entry.Name}\"), and only low-rank LoRAs (lora_A/lora_B or lora_down/lora_up) and differences (diff, diff_b) can be merged.");
            }
            if (LoraTensorName.Parse(entry.Name) is not { } name)
            {
                unknown.Add(entry.Name);
            }
            else if (!sorted[name.Kind].TryAdd(name.Module, entry))
            {
                throw new WeightsException($"The LoRA has the module \"{name.Module}\" twice{Adapters(sorted[name.Kind][name.Module].Name, name)}.");
            }
        }
        return (sorted, unknown);
    }

    private StatedStrength? Stated(bool hasSomeAlpha)
    {
        StatedStrength? stated = StatedStrength.Read(file.Metadata, out string? problem);
        Strength = stated?.Sentence ?? problem ?? (hasSomeAlpha ? null : StatedStrength.Hint(file.Metadata));
        return stated;
    }

    private static string First(List<string> names) => names.Count == 0 ? "" : $" (the first is \"{names[0]}\")";

    private static string Adapters(string before, LoraTensorName name) =>
        LoraTensorName.Parse(before) is { Adapter: var other } && other != name.Adapter
            ? $": it holds several adapters (\"{other}\" and \"{name.Adapter}\"), and each must be a file of its own"
            : "";

    // The layer's own weights beside its LoRA, as a whole wrapped model is saved, are no part of the LoRA.
    private static bool BelongsTo(string tensor, HashSet<string> modules)
    {
        for (int dot = tensor.LastIndexOf('.'); dot > 0; dot = tensor.LastIndexOf('.', dot - 1))
        {
            if (modules.Contains(tensor[..dot])) return tensor[(dot + 1)..] is not ("weight" or "bias" or "base_layer.weight" or "base_layer.bias");
        }
        return false;
    }

    private LowRankPair Pair(string name, TensorEntry down, TensorEntry up, TensorEntry? upBias, TensorEntry? alpha, StatedStrength? stated)
    {
        bool floating = down.Type.IsFloatingPoint() && up.Type.IsFloatingPoint();
        if (!floating || LoraModule.MatrixShape(down) is not [> 0, > 0] || LoraModule.MatrixShape(up) is not [> 0, > 0] || down.Shape[0] != up.Shape[1])
        {
            throw new WeightsException($"{file.Path}: the two halves of \"{name}\" do not fit: [{string.Join(',', down.Shape)}] and [{string.Join(',', up.Shape)}].");
        }
        return new LowRankPair(down, up, Floating(file, upBias), alpha is null ? null : Scalar(alpha), stated?.Scale(name, down.Shape[0]));
    }

    private static TensorEntry? Floating(SafetensorsFile file, TensorEntry? entry) =>
        entry is null || entry.Type.IsFloatingPoint() ? entry : throw new WeightsException($"{file.Path}: \"{entry.Name}\" is {entry.Type}, and a difference must be floating-point numbers.");

    // Trainers write it in whatever type the number had: a whole one as an integer.
    private double Scalar(TensorEntry entry)
    {
        if (entry.Shape.Aggregate(1L, (a, b) => a * b) != 1 || entry.Type == ElementType.Bool) throw new WeightsException($"{file.Path}: \"{entry.Name}\" is not one number.");
        using var scope = NewDisposeScope();
        double value = file.View(entry).to(ScalarType.Float64).reshape(1).item<double>();
        return double.IsFinite(value) ? value : throw new WeightsException($"{file.Path}: \"{entry.Name}\" is {value}.");
    }

    private (LoraKind, string) FindKind()
    {
        if (file.Metadata.TryGetValue(KindKey, out string? said))
        {
            const string Says = "its metadata says so";
            return said switch
            {
                "mask" => (LoraKind.Mask, Says),
                "reference" => (LoraKind.Reference, Says),
                "none" => (LoraKind.Neither, Says),
                _ => throw new WeightsException($"{file.Path}: its metadata gives {KindKey} as \"{said}\", which is none of mask, reference and none."),
            };
        }
        if (ReferenceDownscale != 1 || ReferenceTemporalScale != 1) return (LoraKind.Reference, "its metadata names a reference factor");
        bool Only(string[] endings) => Modules.All(module => Array.Exists(endings, ending => Ends(module.Name, ending)));
        if (Only(MaskTrained)) return (LoraKind.Mask, "its file does not say, and it changes attention alone");
        return Only(ReferenceTrained) ? (LoraKind.Reference, "its file does not say, and it changes attention and feed-forward") : (LoraKind.Neither, "its file does not say, and it has the form of neither trainer's");
    }

    // The output projection's number is not everywhere written, and flattened names have underscores.
    private static bool Ends(string module, string ending) =>
        Array.Exists([ending, ending.Replace(".0", "", StringComparison.Ordinal)], variant =>
            module.EndsWith(variant, StringComparison.Ordinal) || module.EndsWith(variant.Replace('.', '_'), StringComparison.Ordinal) && !module.EndsWith("_audio" + variant.Replace('.', '_'), StringComparison.Ordinal));

    private int? Factor(string key)
    {
        if (!file.Metadata.TryGetValue(key, out string? text)) return null;
        // Some trainers write 2 and some 2.0.
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 1 && value <= 64 && value == Math.Floor(value)) return (int)value;
        throw new WeightsException($"{file.Path}: its metadata gives {key} as \"{text}\", which is no factor.");
    }
}
