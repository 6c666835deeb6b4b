using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// What models are built over to learn which tensors their files have: every tensor that is asked for is written down, and stands on torch's
/// <c>meta</c> device, where tensors have shapes and no memory. Such a model computes shapes, too: what it would cost is counted with it.
/// </summary>
internal sealed class SchemaRecorder
{
    private readonly Dictionary<string, ExpectedTensor> asked = new(StringComparer.Ordinal);
    private readonly List<ExpectedTensor> tensors = [];

    public SchemaRecorder() => Archive = TensorArchive.Of(this);

    /// <summary>Where everything is.</summary>
    public static Device Device => META;

    /// <summary>Without a single tensor of its own.</summary>
    public TensorArchive Archive { get; }

    /// <summary>What has been asked for, in that order, each once.</summary>
    public IReadOnlyList<ExpectedTensor> Tensors => tensors;

    /// <summary>Writes a tensor down.</summary>
    /// <param name="tensor">as the published file has it</param>
    /// <param name="type">what it is computed with in</param>
    public Tensor Ask(ExpectedTensor tensor, ScalarType type)
    {
        if (asked.TryAdd(tensor.Name, tensor)) tensors.Add(tensor);
        else if (!asked[tensor.Name].Shape.AsSpan().SequenceEqual(tensor.Shape)) throw new WeightsException($"The config asks for two shapes of the tensor \"{tensor.Name}\".");
        return empty(tensor.Shape, type, Device);
    }
}
