using Ltx.Inference.Layers;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Lora;

/// <summary>
/// Merges sets of LoRAs into a transformer: weight = pristine + sum(strength * alpha / rank * up @ down), summed in float32 on the device. Every
/// merge starts from the pristine weight, so the result does not depend on what was merged before.
/// </summary>
public sealed class LoraMerger
{
    private readonly IReadOnlyDictionary<string, Linear> linears;
    private readonly LoraNames names;
    private readonly Device device;

    // What is merged into which layer now; null while that is uncertain.
    private Dictionary<string, Change[]>? current = [];

    public LoraMerger(LtxTransformer transformer)
    {
        linears = transformer.Linears;
        names = new LoraNames(linears.Keys);
        device = transformer.Device;
    }

    /// <summary>Which layers a LoRA changes.</summary>
    /// <exception cref="WeightsException">It changes none, or one has another size: it was made for another model.</exception>
    public LoraMatch Match(LoraFile lora)
    {
        List<string> unmatched = [];
        foreach (LoraModule module in lora.Modules)
        {
            if (names.Find(module.Name) is not { } layer) unmatched.Add(module.Name);
            else CheckSize(lora, module, layer, linears[layer]);
        }
        if (unmatched.Count == lora.Modules.Count)
        {
            throw new WeightsException($"The LoRA {lora.Name} matches no layer of this model; the first of its {unmatched.Count} modules are {string.Join(", ", unmatched.Take(3).Select(name => $"\"{name}\""))}.");
        }
        return new LoraMatch(lora.Name, lora.Modules.Count - unmatched.Count, unmatched);
    }

    /// <summary>
    /// Makes the transformer use exactly these LoRAs. Only layers whose sum is another one than before are written: those that none of them
    /// touches get their pristine weight back, and those that the same parts change at the same strengths stay as they are.
    /// </summary>
    /// <exception cref="WeightsException">One of them does not fit, or holds numbers that are not finite.</exception>
    public void Use(IReadOnlyList<LoraUse> loras)
    {
        Dictionary<string, Change[]> wanted = Changes(loras);
        Dictionary<string, Change[]>? before = current;
        List<string> different = [.. linears.Keys.Where(layer => before is null ? linears[layer].IsMerged || wanted.ContainsKey(layer) : !Same(before.GetValueOrDefault(layer), wanted.GetValueOrDefault(layer)))];
        if (different.Count == 0) return;
        current = null;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using IWeightReader reader = IWeightReader.For(device);
        // One look at the end instead of one a layer: every look waits for the device.
        Tensor finite = ones(1, ScalarType.Bool, device);
        foreach (string layer in different)
        {
            Linear linear = linears[layer];
            if (wanted.TryGetValue(layer, out Change[]? changes)) Merge(reader, linear, changes, finite);
            else linear.ReadPristine(reader, linear.UsePristine);
        }
        reader.Finish();
        if (!finite.item<bool>()) throw new WeightsException($"The weights of {string.Join(", ", loras.Where(lora => lora.Strength != 0).Select(lora => lora.File.Name))} hold numbers that are not finite.");
        current = wanted;
    }

    private static bool Same(Change[]? one, Change[]? other) => one is null || other is null ? one == other : one.SequenceEqual(other);

    private Dictionary<string, Change[]> Changes(IReadOnlyList<LoraUse> loras)
    {
        Dictionary<string, List<Change>> changes = new(StringComparer.Ordinal);
        foreach (LoraUse lora in loras.Where(lora => lora.Strength != 0))
        {
            Match(lora.File);
            foreach (LoraModule module in lora.File.Modules)
            {
                if (names.Find(module.Name) is not { } layer) continue;
                if (!changes.TryGetValue(layer, out List<Change>? parts)) changes.Add(layer, parts = []);
                parts.Add(new Change(lora.File, module, lora.Strength));
            }
        }
        return changes.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);
    }

    private static void Merge(IWeightReader reader, Linear linear, Change[] changes, Tensor finite)
    {
        LinearWeight? pristine = null;
        linear.ReadPristine(reader, read => pristine = read);
        List<(Tensor Down, Tensor Up, double Scale)> products = [.. changes.Select(change => (change.File.Read(reader, change.Module.Down), change.File.Read(reader, change.Module.Up), change.Strength * change.Module.Scale))];
        reader.Then(() =>
        {
            using var scope = NewDisposeScope();
            Tensor sum = pristine!.ToFloat32();
            foreach ((Tensor down, Tensor up, double scale) in products)
            {
                using (down)
                using (up)
                {
                    sum.addmm_(up.to(ScalarType.Float32), down.to(ScalarType.Float32), alpha: (float)scale);
                }
            }
            finite.logical_and_(sum.isfinite().all());
            linear.UseMerged(pristine.Of(sum));
            pristine.Dispose();
        });
    }

    private static void CheckSize(LoraFile lora, LoraModule module, string layer, Linear linear)
    {
        if (module.Down.Shape[1] == linear.InFeatures && module.Up.Shape[0] == linear.OutFeatures) return;
        throw new WeightsException($"The LoRA {lora.Name} was made for another model: its module \"{module.Name}\" is {module.Up.Shape[0]}x{module.Down.Shape[1]}, and {layer} is {linear.OutFeatures}x{linear.InFeatures}.");
    }

    /// <summary>What one module of one LoRA adds to a layer. Equal to another one that adds the same.</summary>
    private sealed record Change(LoraFile File, LoraModule Module, double Strength)
    {
        public bool Equals(Change? other) => other is not null && (File.Identity, Module.Name, Strength) == (other.File.Identity, other.Module.Name, other.Strength);

        public override int GetHashCode() => HashCode.Combine(File.Identity, Module.Name, Strength);
    }
}
