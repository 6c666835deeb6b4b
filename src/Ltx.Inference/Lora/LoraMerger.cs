using Ltx.Inference.Layers;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Lora;

/// <summary>
/// Merges sets of LoRAs into a transformer: weight = pristine + sum(strength * alpha / rank * up @ down), summed in float32. Every merge
/// starts from the pristine weight, so the result does not depend on what was merged before.
/// </summary>
public sealed class LoraMerger
{
    private readonly IReadOnlyDictionary<string, Linear> linears;
    private readonly LoraNames names;
    private readonly Device device;
    private readonly ScalarType type;

    // What is merged now; null while that is uncertain.
    private IReadOnlyList<(LoraIdentity File, double Strength)>? current = [];

    public LoraMerger(LtxTransformer transformer)
    {
        linears = transformer.Linears;
        names = new LoraNames(linears.Keys);
        (device, type) = (transformer.Device, transformer.Type);
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

    /// <summary>Makes the transformer use exactly these LoRAs. Layers that none of them touches get their pristine weight back; nothing happens where the same set is in use.</summary>
    /// <exception cref="WeightsException">One of them does not fit, or holds numbers that are not finite.</exception>
    public void Use(IReadOnlyList<LoraUse> loras)
    {
        List<LoraUse> active = [.. loras.Where(lora => lora.Strength != 0)];
        List<(LoraIdentity, double)> wanted = [.. active.Select(lora => (lora.File.Identity, lora.Strength))];
        if (current is not null && current.SequenceEqual(wanted)) return;
        Dictionary<string, List<(LoraUse Lora, LoraModule Module)>> changes = Changes(active);
        current = null;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        // One look at the end instead of one a layer: every look waits for the device.
        Tensor finite = ones(1, ScalarType.Bool, device);
        foreach ((string layer, Linear linear) in linears)
        {
            if (changes.TryGetValue(layer, out List<(LoraUse, LoraModule)>? parts)) linear.UseMerged(Merge(linear, parts, finite));
            else linear.UsePristine();
        }
        if (!finite.item<bool>())
        {
            if (changes.Keys.FirstOrDefault(layer => !IsFinite(linears[layer])) is { } broken) throw new InferenceException(Fault.Internal, $"The model's own weights of {broken} hold numbers that are not finite.");
            throw new WeightsException($"The weights of {string.Join(", ", active.Select(lora => lora.File.Name))} hold numbers that are not finite.");
        }
        current = wanted;
    }

    private Dictionary<string, List<(LoraUse, LoraModule)>> Changes(List<LoraUse> active)
    {
        Dictionary<string, List<(LoraUse, LoraModule)>> changes = new(StringComparer.Ordinal);
        foreach (LoraUse lora in active)
        {
            Match(lora.File);
            foreach (LoraModule module in lora.File.Modules)
            {
                if (names.Find(module.Name) is not { } layer) continue;
                if (!changes.TryGetValue(layer, out List<(LoraUse, LoraModule)>? parts)) changes.Add(layer, parts = []);
                parts.Add((lora, module));
            }
        }
        return changes;
    }

    private Tensor Merge(Linear linear, List<(LoraUse Lora, LoraModule Module)> parts, Tensor finite)
    {
        using var scope = NewDisposeScope();
        using Tensor pristine = linear.ReadPristineWeight();
        Tensor sum = pristine.to(ScalarType.Float32, copy: true);
        foreach ((LoraUse lora, LoraModule module) in parts)
        {
            sum.addmm_(lora.File.Read(module.Up, device), lora.File.Read(module.Down, device), alpha: (float)(lora.Strength * module.Scale));
        }
        finite.logical_and_(sum.isfinite().all());
        return sum.to(type).MoveToOuterDisposeScope();
    }

    private static bool IsFinite(Linear linear)
    {
        using var scope = NewDisposeScope();
        using Tensor pristine = linear.ReadPristineWeight();
        return pristine.isfinite().all().item<bool>();
    }

    private static void CheckSize(LoraFile lora, LoraModule module, string layer, Linear linear)
    {
        if (module.Down.Shape[1] == linear.InFeatures && module.Up.Shape[0] == linear.OutFeatures) return;
        throw new WeightsException($"The LoRA {lora.Name} was made for another model: its module \"{module.Name}\" is {module.Up.Shape[0]}x{module.Down.Shape[1]}, and {layer} is {linear.OutFeatures}x{linear.InFeatures}.");
    }
}
