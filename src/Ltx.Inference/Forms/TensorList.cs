using System.Collections;
using Ltx.Inference.Native;

namespace Ltx.Inference.Forms;

/// <summary>Collects the tensors of a form, layer by layer. Everything is bfloat16 unless it says otherwise, as in the published files.</summary>
internal sealed class TensorList : IEnumerable<ExpectedTensor>
{
    private readonly List<ExpectedTensor> tensors = [];

    public void Add(string name, TensorRole role, params ReadOnlySpan<long> shape) => tensors.Add(new ExpectedTensor(name, ElementType.BFloat16, shape.ToArray(), role));

    public void AddFloat32(string name, TensorRole role, params ReadOnlySpan<long> shape) => tensors.Add(new ExpectedTensor(name, ElementType.Float32, shape.ToArray(), role));

    /// <summary><c>weight</c> [out, in] and <c>bias</c> [out].</summary>
    public void Linear(string name, long inFeatures, long outFeatures, bool bias = true)
    {
        Add($"{name}.weight", TensorRole.Weight, outFeatures, inFeatures);
        if (bias) Add($"{name}.bias", TensorRole.Bias, outFeatures);
    }

    /// <summary><c>weight</c> [out, in, kernel...] and <c>bias</c> [out].</summary>
    public void Convolution(string name, long inChannels, long outChannels, ReadOnlySpan<long> kernel, bool bias = true)
    {
        Add($"{name}.weight", TensorRole.Weight, [outChannels, inChannels, .. kernel]);
        if (bias) Add($"{name}.bias", TensorRole.Bias, outChannels);
    }

    /// <summary><c>weight</c> and <c>bias</c> of a norm that multiplies and adds.</summary>
    public void AffineNorm(string name, long features)
    {
        Add($"{name}.weight", TensorRole.Scale, features);
        Add($"{name}.bias", TensorRole.Bias, features);
    }

    public void AddRange(IEnumerable<ExpectedTensor> others) => tensors.AddRange(others);

    public IEnumerator<ExpectedTensor> GetEnumerator() => tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
