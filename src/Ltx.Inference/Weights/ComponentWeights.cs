using Ltx.Inference.Layers;
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
    private readonly Dictionary<string, Linear> linears = new(StringComparer.Ordinal);
    private readonly List<Tensor> owned = [];

    /// <param name="archive">the file or files; must outlive this</param>
    /// <param name="prefix">what the component's names begin with in the file, for instance <c>model.diffusion_model.</c></param>
    /// <param name="device">where the tensors are to live</param>
    /// <param name="type">floating-point type to compute in</param>
    public ComponentWeights(TensorArchive archive, string prefix, Device device, ScalarType type)
    {
        this.archive = archive;
        this.prefix = prefix;
        Device = device;
        Type = type;
    }

    public Device Device { get; }

    public ScalarType Type { get; }

    /// <summary>The cursor at the top of the component.</summary>
    public WeightScope Root => new(this, "");

    /// <summary>Every linear layer by its name below the prefix: what a LoRA can change.</summary>
    public IReadOnlyDictionary<string, Linear> Linears => linears;

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
    }

    public void Dispose()
    {
        foreach (Linear linear in linears.Values) linear.Release();
        foreach (Tensor tensor in owned) tensor.Dispose();
        owned.Clear();
    }

    internal bool Contains(string name) => archive.Contains(prefix + name);

    internal Tensor Take(string name, ScalarType type, ReadOnlySpan<long> shape)
    {
        Tensor tensor = Read(name, type, shape);
        owned.Add(tensor);
        return tensor;
    }

    /// <summary>Takes over a tensor that was computed from weights, and lives as long as they do.</summary>
    internal Tensor Own(Tensor derived)
    {
        owned.Add(derived.DetachFromDisposeScope());
        return derived;
    }

    internal void Register(string name, Linear linear) => linears.Add(name, linear);

    /// <summary>The tensor as the file has it, converted and moved, belonging to the caller. May be read any number of times.</summary>
    internal Tensor Read(string name, ScalarType type, ReadOnlySpan<long> shape)
    {
        (SafetensorsFile file, TensorEntry entry) = archive.Find(prefix + name);
        if (!shape.SequenceEqual(entry.Shape))
        {
            throw new WeightsException($"{file.Path}: tensor \"{entry.Name}\" is [{string.Join(',', entry.Shape)}], and the config asks for [{string.Join(',', shape.ToArray())}].");
        }
        taken.Add(prefix + name);
        Tensor view = file.View(entry);
        // Same type, same device: the tensor that looks into the file is the weight.
        if ((ScalarType)entry.Type == type && Device.type == DeviceType.CPU) return view.DetachFromDisposeScope();
        using (view)
        {
            return view.to(type, Device).DetachFromDisposeScope();
        }
    }
}
