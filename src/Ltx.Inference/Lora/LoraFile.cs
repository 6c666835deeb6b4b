using System.Globalization;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Lora;

/// <summary>
/// A LoRA in any of the spellings that are met: prefixes of ltx-trainer, PEFT, diffusers and kohya, A/B or down/up, with or without alpha;
/// and the whole differences of weights and biases that extraction tools write beside or instead of it.
/// </summary>
public sealed class LoraFile : IDisposable
{
    private static readonly string[] DownEndings = [".lora_A.weight", ".lora_A.default.weight", ".lora_down.weight", ".lora.down.weight"];
    private static readonly string[] UpEndings = [".lora_B.weight", ".lora_B.default.weight", ".lora_up.weight", ".lora.up.weight"];
    private const string AlphaEnding = ".alpha", DifferenceEnding = ".diff", BiasDifferenceEnding = ".diff_b";

    // Other ways of changing a weight. They are not sums, and taking only the part that looks like one would be wrong.
    private static readonly Dictionary<string, string> OtherKinds = new(StringComparer.Ordinal)
    {
        [".dora_scale"] = "DoRA",
        [".lora_magnitude_vector"] = "DoRA",
        [".lora_magnitude_vector.weight"] = "DoRA",
        [".hada_w1_a"] = "LoHa",
        [".lokr_w1"] = "LoKr",
        [".lokr_w1_a"] = "LoKr",
        [".oft_blocks"] = "OFT",
        [".set_weight"] = "a full replacement",
    };

    private readonly SafetensorsFile file;

    private LoraFile(SafetensorsFile file, string name)
    {
        this.file = file;
        Name = name;
        (long length, DateTime written) = file.State;
        Identity = new LoraIdentity(file.Path, length, written);
        Modules = ReadModules(file);
        int? downscale = Factor("reference_downscale_factor") ?? Factor("reference_spatial_scale_factor"), temporal = Factor("reference_temporal_scale_factor");
        HasReference = downscale is not null || temporal is not null;
        ReferenceDownscale = downscale ?? 1;
        ReferenceTemporalScale = temporal ?? 1;
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

    /// <summary>Tells two files apart, also where one took the other's place.</summary>
    internal LoraIdentity Identity { get; }

    internal IReadOnlyList<LoraModule> Modules { get; }

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

    /// <summary>Asks for a tensor in the file's type; it belongs to the caller.</summary>
    internal Tensor Read(IWeightReader reader, TensorEntry entry) => reader.Read(file, entry);

    private static List<LoraModule> ReadModules(SafetensorsFile file)
    {
        Dictionary<string, TensorEntry> down = [], up = [], alpha = [], difference = [], biasDifference = [];
        List<string> unknown = [];
        foreach (TensorEntry entry in file.Tensors.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (OtherKinds.FirstOrDefault(kind => entry.Name.EndsWith(kind.Key, StringComparison.Ordinal)) is { Value: { } kind })
            {
                throw new WeightsException($"{file.Path} is {kind} (\"{entry.Name}\"), and only low-rank LoRAs (lora_A/lora_B or lora_down/lora_up) and differences (diff, diff_b) can be merged.");
            }
            bool sorted = Sort(entry, DownEndings, down) || Sort(entry, UpEndings, up) || Sort(entry, [AlphaEnding], alpha)
                || Sort(entry, [DifferenceEnding], difference) || Sort(entry, [BiasDifferenceEnding], biasDifference);
            if (!sorted) unknown.Add(entry.Name);
        }
        if (down.Count + difference.Count + biasDifference.Count == 0) throw new WeightsException($"{file.Path} is no LoRA: none of its {file.Tensors.Count} tensors is a lora_A or lora_down{First(unknown)}.");
        if (unknown.Count > 0) throw new WeightsException($"{file.Path} holds {unknown.Count} tensors that belong to no low-rank module{First(unknown)}.");
        string? single = down.Keys.Except(up.Keys).Concat(up.Keys.Except(down.Keys)).FirstOrDefault();
        if (single is not null) throw new WeightsException($"{file.Path} has only one half of the module \"{single}\".");
        return [.. down.Keys.Union(difference.Keys).Union(biasDifference.Keys).Order(StringComparer.Ordinal).Select(name => new LoraModule(
            name, down.TryGetValue(name, out TensorEntry? half) ? Pair(file, name, half, up[name], alpha.GetValueOrDefault(name)) : null,
            Floating(file, difference.GetValueOrDefault(name)), Floating(file, biasDifference.GetValueOrDefault(name))))];
    }

    private static string First(List<string> names) => names.Count == 0 ? "" : $" (the first is \"{names[0]}\")";

    private static bool Sort(TensorEntry entry, string[] endings, Dictionary<string, TensorEntry> into)
    {
        string? ending = Array.Find(endings, ending => entry.Name.EndsWith(ending, StringComparison.Ordinal));
        if (ending is null) return false;
        string module = entry.Name[..^ending.Length];
        return into.TryAdd(module, entry) ? true : throw new WeightsException($"The LoRA has the module \"{module}\" twice.");
    }

    private static LowRankPair Pair(SafetensorsFile file, string name, TensorEntry down, TensorEntry up, TensorEntry? alpha)
    {
        bool floating = down.Type.IsFloatingPoint() && up.Type.IsFloatingPoint();
        if (!floating || down.Shape is not [> 0, > 0] || up.Shape is not [> 0, > 0] || down.Shape[0] != up.Shape[1])
        {
            throw new WeightsException($"{file.Path}: the two halves of \"{name}\" do not fit: [{string.Join(',', down.Shape)}] and [{string.Join(',', up.Shape)}].");
        }
        return new LowRankPair(down, up, alpha is null ? null : Scalar(file, alpha));
    }

    private static TensorEntry? Floating(SafetensorsFile file, TensorEntry? entry) =>
        entry is null || entry.Type.IsFloatingPoint() ? entry : throw new WeightsException($"{file.Path}: \"{entry.Name}\" is {entry.Type}, and a difference must be floating-point numbers.");

    private static double Scalar(SafetensorsFile file, TensorEntry entry)
    {
        if (entry.Shape.Aggregate(1L, (a, b) => a * b) != 1 || !entry.Type.IsFloatingPoint()) throw new WeightsException($"{file.Path}: \"{entry.Name}\" is not one number.");
        using var scope = NewDisposeScope();
        double value = file.View(entry).to(ScalarType.Float64).reshape(1).item<double>();
        return double.IsFinite(value) ? value : throw new WeightsException($"{file.Path}: \"{entry.Name}\" is {value}.");
    }

    private int? Factor(string key)
    {
        if (!file.Metadata.TryGetValue(key, out string? text)) return null;
        // Some trainers write 2 and some 2.0.
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 1 && value <= 64 && value == Math.Floor(value)) return (int)value;
        throw new WeightsException($"{file.Path}: its metadata gives {key} as \"{text}\", which is no factor.");
    }
}
