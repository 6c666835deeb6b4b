using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// The weights of one component (a transformer, a VAE, ...): where they are read from, in what type and on what device they live, and
/// which of them have been taken. Owns every tensor that it has given out.
/// </summary>
public sealed class ComponentWeights : IDisposable
{
    private readonly TensorArchive archive;
    private readonly string prefix;
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinearSlot> linears = new(StringComparer.Ordinal);
    private readonly List<Tensor> owned = [];
    private readonly Dictionary<string, Tensor> named = new(StringComparer.Ordinal);
    private readonly List<(TensorEntry Entry, SafetensorsFile File, Tensor IsFinite)> checks = [];
    private readonly Func<string, WeightFormat> format;
    private readonly bool checkNumbers;
    private IWeightReader? reader;

    /// <param name="archive">the file or files; must outlive this</param>
    /// <param name="prefix">what the component's names begin with in the file, for instance <c>model.diffusion_model.</c></param>
    /// <param name="device">where the tensors are to live</param>
    /// <param name="type">floating-point type to compute in</param>
    /// <param name="format">in what form the weight of a linear layer is kept, by its name; null for as the file has it</param>
    /// <param name="checkNumbers">whether every number is looked at as it is loaded: one that is not finite would spoil every result without a word</param>
    public ComponentWeights(TensorArchive archive, string prefix, Device device, ScalarType type, Func<string, WeightFormat>? format = null, bool checkNumbers = true)
    {
        this.format = format ?? (_ => WeightFormat.Checkpoint);
        this.checkNumbers = checkNumbers;
        this.archive = archive;
        this.prefix = prefix;
        Device = device;
        Type = type;
    }

    public Device Device { get; }

    public ScalarType Type { get; }

    /// <summary>Where the weights of linear layers stay in host memory; null where they do not. Must outlive this.</summary>
    internal PristineStore? Pristine { get; set; }

    /// <summary>The cursor at the top of the component.</summary>
    public WeightScope Root => new(this, "");

    /// <summary>Every linear layer by its name below the prefix: what a LoRA can change.</summary>
    internal IReadOnlyDictionary<string, LinearSlot> Linears => linears;

    /// <summary>Every tensor that is computed with, by its name below the prefix; a linear layer's weight where it is kept as plain numbers.</summary>
    internal IEnumerable<KeyValuePair<string, Tensor>> Named => named.Concat(
        from linear in linears.Values where linear.Weight is DenseWeight select KeyValuePair.Create(linear.Name + ".weight", linear.Weight.Tensors[0]));

    /// <summary>Writes the file that this was read from once more, with other numbers for some of it, in the file's types.</summary>
    /// <param name="path">of the new file</param>
    /// <param name="changed">by name below the prefix</param>
    /// <param name="metadata">what it says beside what the file says already</param>
    internal void SaveChanged(string path, IReadOnlyDictionary<string, Tensor> changed, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
        foreach ((SafetensorsFile file, TensorEntry entry) in archive.Names.Select(archive.Find))
        {
            string name = entry.Name.StartsWith(prefix, StringComparison.Ordinal) ? entry.Name[prefix.Length..] : "";
            tensors[entry.Name] = changed.TryGetValue(name, out Tensor? other) ? other.to((ScalarType)entry.Type) : file.View(entry);
        }
        Dictionary<string, string> all = new(archive.Files[0].Metadata, StringComparer.Ordinal);
        foreach ((string key, string value) in metadata) all[key] = value;
        TensorFile.Write(path, tensors, all);
    }

    /// <summary>
    /// Declares the component built: every tensor below the prefix must have been taken, but for those that begin with one of
    /// <paramref name="others"/> (names of other components under the same prefix).
    /// </summary>
    /// <exception cref="WeightsException">Tensors are left over: the file is of another architecture than its config says.</exception>
    public void Complete(params string[] others)
    {
        List<string> left = [.. archive.Names
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !taken.Contains(name))
            .Where(name => !others.Any(other => name.AsSpan(prefix.Length).StartsWith(other, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];
        if (left.Count > 0) throw new WeightsException($"{archive.Name} holds {left.Count} tensors below \"{prefix}\" that its config has no place for; the first is \"{left[0]}\".");
        Settle();
    }

    /// <summary>Waits for everything that was asked for, and lets go of what was needed for reading.</summary>
    /// <exception cref="WeightsException">A tensor holds numbers that are not finite.</exception>
    public void Settle()
    {
        reader?.Finish();
        reader?.Dispose();
        reader = null;
        if (checks.Count == 0) return;
        using var scope = NewDisposeScope();
        // One look for all: every look waits for the device.
        bool[] finite = stack(checks.Select(check => check.IsFinite)).ToArray<bool>();
        int broken = Array.IndexOf(finite, false);
        string where = broken < 0 ? "" : $"{checks[broken].File.Path}: tensor \"{checks[broken].Entry.Name}\" holds numbers that are not finite; the file is damaged, or was made wrong.";
        DropChecks();
        if (broken >= 0) throw new WeightsException(where);
    }

    public void Dispose()
    {
        reader?.Dispose();
        reader = null;
        DropChecks();
        foreach (LinearSlot linear in linears.Values) linear.Release();
        foreach (Tensor tensor in owned) tensor.Dispose();
        owned.Clear();
    }

    internal bool Contains(string name) => archive.Contains(prefix + name);

    /// <summary>A tensor that lives as long as the component, converted and moved. It has its numbers once the component is complete.</summary>
    /// <param name="name">below the component's prefix</param>
    /// <param name="type">in which it is computed with</param>
    /// <param name="role">what it is for</param>
    /// <param name="shape">which it must have</param>
    /// <param name="published">in which type published files have it; any other floating-point number is converted just as well</param>
    internal Tensor Take(string name, ScalarType type, TensorRole role, ReadOnlySpan<long> shape, ElementType published = ElementType.BFloat16)
    {
        if (archive.Schema is { } schema) return Own(schema.Ask(new ExpectedTensor(prefix + name, published, shape.ToArray(), role), type));
        (SafetensorsFile file, TensorEntry entry) = Find(name, shape);
        Tensor taken;
        if ((ScalarType)entry.Type == type)
        {
            taken = Reader.Read(file, entry, raw => Look(file, entry, raw));
        }
        else
        {
            Tensor converted = empty(shape, type, Device).DetachFromDisposeScope();
            Reader.Read(file, entry, raw =>
            {
                using (raw)
                {
                    Look(file, entry, raw);
                    converted.copy_(raw);
                }
            });
            taken = converted;
        }
        owned.Add(taken);
        named[name] = taken;
        return taken;
    }

    /// <summary>A tensor that the file may have and nothing here reads.</summary>
    internal void Ignore(string name, TensorRole role, ReadOnlySpan<long> shape)
    {
        taken.Add(prefix + name);
        if (archive.Schema is not null) Take(name, Type, role, shape);
    }

    /// <summary>Does something with tensors that were taken, once they have their numbers, or at once where there are only shapes.</summary>
    internal void WhenRead(Action action)
    {
        if (archive.Schema is null) Reader.Then(action);
        else action();
    }

    /// <summary>Takes over a tensor that was computed from weights, and lives as long as they do.</summary>
    internal Tensor Own(Tensor derived)
    {
        owned.Add(derived.DetachFromDisposeScope());
        return derived;
    }

    internal void Register(LinearSlot linear) => linears.Add(linear.Name, linear);

    /// <summary>A reader of one's own for weights that are read again.</summary>
    internal IWeightReader NewReader() => archive.Reader(Device);

    /// <summary>The weight of a linear layer that is being built; it belongs to the layer.</summary>
    internal void ReadFirst(LinearSlot linear, Action<LinearWeight> arrived)
    {
        if (archive.Schema is null)
        {
            ReadWeight(Reader, linear, arrived, Look);
            return;
        }
        Tensor asked = Take(linear.Name + ".weight", Type, TensorRole.Weight, [linear.OutFeatures, linear.InFeatures]);
        WeightFormat wanted = format(linear.Name);
        // There are no numbers to round.
        arrived(wanted.Rounds()
            ? new Float8Weight(asked.to(Float8.Type), empty([linear.OutFeatures, 1], ScalarType.Float32, Device), wanted == WeightFormat.Float8Products)
            : new DenseWeight(asked.alias()));
    }

    /// <summary>Asks for the weight of a linear layer, as the file has it, in the form in which the layer keeps it. Any number of times.</summary>
    internal void ReadWeight(IWeightReader reader, LinearSlot linear, Action<LinearWeight> arrived) => ReadWeight(reader, linear, arrived, (_, _, _) => { });

    private IWeightReader Reader => reader ??= NewReader();

    private void ReadWeight(IWeightReader reader, LinearSlot linear, Action<LinearWeight> arrived, Action<SafetensorsFile, TensorEntry, Tensor> look)
    {
        (SafetensorsFile file, TensorEntry entry) = Find(linear.Name + ".weight", [linear.OutFeatures, linear.InFeatures]);
        WeightFormat wanted = format(linear.Name);
        PristineTensor? pristine = Pristine?.Of(file, entry);
        if (entry.Type.IsFloat8())
        {
            ReadFloat8(reader, linear, file, entry, pristine, wanted == WeightFormat.Float8Products, read =>
            {
                look(file, entry, read.Tensors[0]);
                arrived(wanted == WeightFormat.Full ? Replaced(read, weight => new DenseWeight(weight.to(Type))) : read);
            });
            return;
        }
        reader.Read(file, entry, raw =>
        {
            look(file, entry, raw);
            // Same type, same device: the tensor that looks into the file is the weight.
            bool isWeight = (ScalarType)entry.Type == Type;
            LinearWeight read = new DenseWeight(isWeight ? raw : Converted(raw)) { InHost = isWeight ? pristine?.Address : null };
            arrived(wanted.Rounds() ? Replaced(read, weight => Float8Weight.Rounded(weight, wanted == WeightFormat.Float8Products)) : read);
        }, pristine);
    }

    // A float8 weight has its scale beside it: of the whole matrix, or of every row.
    private void ReadFloat8(IWeightReader reader, LinearSlot linear, SafetensorsFile file, TensorEntry entry, PristineTensor? pristine, bool multiplied, Action<Float8Weight> arrived)
    {
        string scaleName = linear.Name + ".weight_scale", inputScale = linear.Name + ".input_scale";
        if (entry.Type != ElementType.Float8E4M3) throw new WeightsException($"{file.Path}: tensor \"{entry.Name}\" is {entry.Type}, and only float8_e4m3fn weights are multiplied here.");
        if (!Contains(scaleName)) throw new WeightsException($"{file.Path}: tensor \"{entry.Name}\" is float8, and its scale \"{prefix}{scaleName}\" is missing.");
        (SafetensorsFile scaleFile, TensorEntry scaleEntry) = archive.Find(prefix + scaleName);
        bool fits = scaleEntry.Type == ElementType.Float32 && (scaleEntry.Shape is [] or [1] || scaleEntry.Shape.SequenceEqual([linear.OutFeatures]) || scaleEntry.Shape.SequenceEqual([linear.OutFeatures, 1]));
        if (!fits) throw new WeightsException($"{scaleFile.Path}: tensor \"{scaleEntry.Name}\" is {scaleEntry.Type} [{string.Join(',', scaleEntry.Shape)}], and must be one float32 for the matrix or for each of its {linear.OutFeatures} rows.");
        taken.Add(prefix + scaleName);
        if (Contains(inputScale)) taken.Add(prefix + inputScale);
        Tensor values = reader.Read(file, entry, pristine: pristine);
        reader.Read(scaleFile, scaleEntry, raw =>
        {
            using (raw)
            using (NewDisposeScope())
            {
                Tensor column = raw.reshape(-1, 1).expand(linear.OutFeatures, 1);
                arrived(new Float8Weight(values, column.clone().DetachFromDisposeScope(), multiplied) { InHost = pristine?.Address });
            }
        });
    }

    private static LinearWeight Replaced(LinearWeight read, Func<Tensor, LinearWeight> make)
    {
        using (read)
        using (NewDisposeScope())
        {
            return make(read.ToFloat32());
        }
    }

    private Tensor Converted(Tensor raw)
    {
        using (raw)
        {
            return raw.to(Type);
        }
    }

    private (SafetensorsFile File, TensorEntry Entry) Find(string name, ReadOnlySpan<long> shape)
    {
        (SafetensorsFile file, TensorEntry entry) = archive.Find(prefix + name);
        if (!shape.SequenceEqual(entry.Shape))
        {
            throw new WeightsException($"{file.Path}: tensor \"{entry.Name}\" is [{string.Join(',', entry.Shape)}], and the config asks for [{string.Join(',', shape.ToArray())}].");
        }
        taken.Add(prefix + name);
        return (file, entry);
    }

    // Numbers have come from a file for the first time.
    private void Look(SafetensorsFile file, TensorEntry entry, Tensor raw)
    {
        LoadMeter.Count(entry.Length);
        if (!checkNumbers || !entry.Type.IsFloatingPoint() || entry.Length == 0) return;
        using var scope = NewDisposeScope();
        // Of float8, only conversions are computed.
        Tensor numbers = entry.Type.IsFloat8() ? raw.to(ScalarType.BFloat16) : raw;
        checks.Add((entry, file, numbers.isfinite().all().DetachFromDisposeScope()));
    }

    private void DropChecks()
    {
        foreach ((_, _, Tensor isFinite) in checks) isFinite.Dispose();
        checks.Clear();
    }
}
