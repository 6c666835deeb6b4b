using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>The weight of a linear layer in the form in which it is kept and multiplied. Owns its tensors.</summary>
internal abstract class LinearWeight : IDisposable
{
    /// <summary>All that the form consists of, on the device: what moves when the weight moves.</summary>
    public abstract IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Where in pinned host memory the first of them lies too, byte for byte; null where nowhere.</summary>
    public nint? InHost { get; init; }

    /// <summary>Bytes of all its tensors.</summary>
    public long Bytes => Tensors.Sum(tensor => tensor.numel() * tensor.ElementSize);

    /// <summary>The same form over other memory, whose contents it takes for its own.</summary>
    /// <param name="tensors">as many as <see cref="Tensors"/>, of the same shapes and types; the result owns them</param>
    public abstract LinearWeight Over(IReadOnlyList<Tensor> tensors);

    /// <summary>Another weight in the same form.</summary>
    /// <param name="values">[out, in] float32</param>
    public abstract LinearWeight Of(Tensor values);

    /// <summary>
    /// The weight with parts of the same size added, by a kernel that needs no sum beside it; null where none does that for this form, on this device, for so
    /// many parts.
    /// </summary>
    /// <param name="deltas">each [out, in] in float32 with its factor, made when they are needed</param>
    /// <param name="finite">[1] bool, becomes false where a sum is not finite</param>
    public virtual LinearWeight? Plus(IReadOnlyList<Func<(Tensor Delta, double Factor)>> deltas, Tensor finite) => null;

    /// <summary>x W^T + bias.</summary>
    /// <param name="x">[..., in]</param>
    /// <param name="bias">[out], or null for none</param>
    public abstract Tensor Multiply(LinearInput x, Tensor? bias);

    /// <summary>The weight's exact values [out, in] in float32: a new tensor of the caller's.</summary>
    public abstract Tensor ToFloat32();

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors) tensor.Dispose();
    }
}
