using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// A cursor over a component's weights: a layer asks for its own tensors by the names that the checkpoint gives them.
/// Name and shape are checked as they are asked for.
/// </summary>
public readonly struct WeightScope
{
    private readonly ComponentWeights component;
    private readonly string path;

    internal WeightScope(ComponentWeights component, string path)
    {
        this.component = component;
        this.path = path;
    }

    /// <summary>The component's type of floating-point numbers.</summary>
    public ScalarType Type => component.Type;

    public Device Device => component.Device;

    internal ComponentWeights Component => component;

    /// <summary>The scope below <paramref name="name"/>, which may itself hold dots.</summary>
    public WeightScope this[string name] => new(component, path.Length == 0 ? name : $"{path}.{name}");

    /// <summary>The scope of one item of a list.</summary>
    public WeightScope this[int index] => this[index.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>The scope's full name below the component's prefix.</summary>
    public string Path => path;

    /// <summary>Whether the file has a tensor of this name here.</summary>
    public bool Has(string name) => component.Contains(this[name].path);

    /// <summary>The weight and bias of a linear layer that is here.</summary>
    /// <exception cref="WeightsException">One of them is not there, or has another shape.</exception>
    internal LinearSlot Linear(long inFeatures, long outFeatures, bool bias) => new(this, inFeatures, outFeatures, bias);

    /// <summary>A tensor in the component's type, owned by the component.</summary>
    /// <exception cref="WeightsException">It is not there, or has another shape.</exception>
    public Tensor Tensor(string name, TensorRole role, params ReadOnlySpan<long> shape) => component.Take(this[name].path, component.Type, role, shape);

    /// <summary>A table of vectors [rows, features] that modulate: published files have it in float32.</summary>
    /// <exception cref="WeightsException">The same.</exception>
    public Tensor Table(string name, long rows, long features) => component.Take(this[name].path, component.Type, TensorRole.Offset, [rows, features], Native.ElementType.Float32);

    /// <summary>The same in a type of the caller's choice.</summary>
    public Tensor TensorOf(ScalarType type, string name, TensorRole role, params ReadOnlySpan<long> shape) => component.Take(this[name].path, type, role, shape);

    /// <summary>A tensor that published files have and nothing reads; it need not be there.</summary>
    internal void Ignore(string name, TensorRole role, params ReadOnlySpan<long> shape) => component.Ignore(this[name].path, role, shape);
}
