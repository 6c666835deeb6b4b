using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Lora;

/// <summary>
/// Merges sets of LoRAs into a transformer: weight = pristine + sum(strength * (scale * up @ down + difference)), summed in float32 on the device. Every
/// merge starts from the pristine weight, so the result does not depend on what was merged before.
/// </summary>
public sealed class LoraMerger
{
    private readonly IReadOnlyDictionary<string, LinearSlot> linears;
    private readonly LoraNames names;
    private readonly ComponentWeights transformer;

    // What is merged into which layer now; null while that is uncertain.
    private Dictionary<string, Change[]>? current = [];

    /// <param name="transformer">its weights; they must outlive this</param>
    public LoraMerger(ComponentWeights transformer)
    {
        linears = transformer.Linears;
        names = new LoraNames(linears.Keys);
        this.transformer = transformer;
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
        return new LoraMatch(lora.Name, lora.Modules.Count - unmatched.Count, [.. unmatched, .. lora.LeftOver], lora.Strength);
    }

    /// <summary>
    /// Makes the transformer use exactly these LoRAs. Only layers whose sum is another one than before are written: those that none of them
    /// touches get their pristine weight back, and those that the same parts change at the same strengths stay as they are.
    /// </summary>
    /// <exception cref="WeightsException">One of them does not fit, or all of them together give numbers that are not finite.</exception>
    /// <exception cref="LoraMergeException">One of them gives numbers that are not finite.</exception>
    public void Use(IReadOnlyList<LoraUse> loras)
    {
        Dictionary<string, Change[]> wanted = Changes(loras);
        Dictionary<string, Change[]>? before = current;
        List<string> different = [.. linears.Keys.Where(layer => before is null ? linears[layer].IsMerged || wanted.ContainsKey(layer) : !Same(before.GetValueOrDefault(layer), wanted.GetValueOrDefault(layer)))];
        if (different.Count == 0) return;
        current = null;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using IWeightReader reader = transformer.NewReader();
        // One look at the end instead of one a layer: every look waits for the device.
        Tensor finite = ones(1, ScalarType.Bool, transformer.Device);
        foreach (string layer in different)
        {
            LinearSlot linear = linears[layer];
            if (wanted.TryGetValue(layer, out Change[]? changes)) Merge(reader, linear, changes, finite);
            else linear.ReadPristine(reader, linear.UsePristine);
        }
        reader.Finish();
        if (!finite.item<bool>()) throw NotFinite(loras, wanted);
        current = wanted;
    }

    // Each by itself, now that it matters: what one of them brings is not the others' fault.
    private InferenceException NotFinite(IReadOnlyList<LoraUse> loras, Dictionary<string, Change[]> wanted)
    {
        LoraFile[] files = [.. loras.Where(lora => lora.Strength != 0).Select(lora => lora.File)];
        foreach (LoraFile file in files)
        {
            Tensor finite = ones(1, ScalarType.Bool, transformer.Device);
            using IWeightReader reader = transformer.NewReader();
            foreach ((string layer, Change change) in wanted.SelectMany(pair => pair.Value.Select(change => (pair.Key, change))).Where(pair => pair.change.File == file))
            {
                Part part = Part.Read(reader, change);
                reader.Then(() =>
                {
                    using var scope = NewDisposeScope();
                    LinearSlot linear = linears[layer];
                    Tensor weight = zeros([linear.OutFeatures, linear.InFeatures], ScalarType.Float32, transformer.Device);
                    Tensor bias = zeros([linear.OutFeatures], ScalarType.Float32, transformer.Device);
                    part.AddToWeight(weight);
                    part.AddToBias(bias);
                    finite.logical_and_(weight.isfinite().all()).logical_and_(bias.isfinite().all());
                    part.Dispose();
                });
            }
            reader.Finish();
            if (!finite.item<bool>()) return new LoraMergeException(file, $"The LoRA {file.Name} holds numbers that are not finite, or gives them at its scale.");
        }
        return new WeightsException($"{string.Join(", ", files.Select(file => file.Name))} give numbers that are not finite, though none of them does so alone.");
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

    private static void Merge(IWeightReader reader, LinearSlot linear, Change[] changes, Tensor finite)
    {
        LinearWeight? pristine = null;
        linear.ReadPristine(reader, read => pristine = read);
        List<Part> parts = [.. changes.Select(change => Part.Read(reader, change))];
        reader.Then(() =>
        {
            using var scope = NewDisposeScope();
            // A weight that no part changes stays as it is: rounded again, a float8 one would be another.
            LinearWeight weight = pristine!;
            if (changes.Any(change => change.Module.ChangesWeight))
            {
                weight = pristine!.Plus([.. parts.SelectMany(part => part.Deltas)], finite) ?? Sum(pristine, parts, finite);
                pristine.Dispose();
            }
            Tensor? bias = null;
            if (changes.Any(change => change.Module.BiasParts.Any()))
            {
                Tensor sum = linear.PristineBias()!;
                parts.ForEach(part => part.AddToBias(sum));
                finite.logical_and_(sum.isfinite().all());
                bias = sum.to(linear.Bias!.dtype, copy: true);
            }
            linear.UseMerged(weight, bias);
            parts.ForEach(part => part.Dispose());
        });
    }

    private static LinearWeight Sum(LinearWeight pristine, List<Part> parts, Tensor finite)
    {
        Tensor sum = pristine.ToFloat32();
        parts.ForEach(part => part.AddToWeight(sum));
        finite.logical_and_(sum.isfinite().all());
        return pristine.Of(sum);
    }

    private static void CheckSize(LoraFile lora, LoraModule module, string layer, LinearSlot linear)
    {
        void Fail(string size, string own) =>
            throw new WeightsException($"The LoRA {lora.Name} was made for another model: its module \"{module.Name}\" is {size}, and {layer} is {own}.");
        string own = $"{linear.OutFeatures}x{linear.InFeatures}";
        if (module.LowRank is { } pair && (pair.InFeatures != linear.InFeatures || pair.OutFeatures != linear.OutFeatures)) Fail($"{pair.OutFeatures}x{pair.InFeatures}", own);
        if (module.Difference is { } difference && !LoraModule.MatrixShape(difference).SequenceEqual([linear.OutFeatures, linear.InFeatures])) Fail(string.Join('x', difference.Shape), own);
        foreach (TensorEntry bias in module.BiasParts)
        {
            if (!linear.HasBias) Fail("one with a bias", "one without");
            if (!bias.Shape.SequenceEqual([linear.OutFeatures])) Fail($"one with a bias of {string.Join('x', bias.Shape)}", $"one of {linear.OutFeatures}");
        }
    }

    /// <summary>What one module of one LoRA adds to a layer. Equal to another one that adds the same.</summary>
    private sealed record Change(LoraFile File, LoraModule Module, double Strength)
    {
        public bool Equals(Change? other) => other is not null && (File.Identity, Module.Name, Strength) == (other.File.Identity, other.Module.Name, other.Strength);

        public override int GetHashCode() => HashCode.Combine(File.Identity, Module.Name, Strength);
    }

    /// <summary>The tensors of a change, on their way or there.</summary>
    private sealed record Part(Tensor? Down, Tensor? Up, Tensor? UpBias, Tensor? Difference, Tensor? Bias, double Strength, double Scale) : IDisposable
    {
        public static Part Read(IWeightReader reader, Change change)
        {
            LoraModule module = change.Module;
            Tensor? Of(TensorEntry? entry) => entry is null ? null : change.File.Read(reader, entry);
            return new Part(Of(module.LowRank?.Down), Of(module.LowRank?.Up), Of(module.LowRank?.UpBias), Of(module.Difference), Of(module.BiasDifference), change.Strength, change.Strength * (module.LowRank?.Scale ?? 1));
        }

        /// <summary>What is added to the weight, [out, in] in float32, each before its factor.</summary>
        public IEnumerable<Func<(Tensor Delta, double Factor)>> Deltas
        {
            get
            {
                if (Down is not null) yield return () => (Operators.ProductInFloat32(Up!.flatten(1), Down.flatten(1)), Scale);
                if (Difference is not null) yield return () => (Matrix(Difference), Strength);
            }
        }

        /// <param name="sum">[out, in] float32, in place</param>
        public void AddToWeight(Tensor sum)
        {
            if (Down is not null) sum.addmm_(Matrix(Up!), Matrix(Down), alpha: (float)Scale);
            if (Difference is not null) sum.add_(Matrix(Difference), alpha: (float)Strength);
        }

        /// <param name="sum">[out] float32, in place</param>
        public void AddToBias(Tensor sum)
        {
            if (UpBias is not null) sum.add_(UpBias.to(ScalarType.Float32), alpha: (float)Scale);
            if (Bias is not null) sum.add_(Bias.to(ScalarType.Float32), alpha: (float)Strength);
        }

        public void Dispose()
        {
            foreach (Tensor? tensor in (Tensor?[])[Down, Up, UpBias, Difference, Bias]) tensor?.Dispose();
        }

        // [a, b] or, of a convolution of one pixel, [a, b, 1, 1] -> [a, b]
        private static Tensor Matrix(Tensor tensor) => tensor.to(ScalarType.Float32).flatten(1);
    }
}
