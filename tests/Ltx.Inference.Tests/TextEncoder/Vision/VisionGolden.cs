using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.TextEncoder.Vision;

/// <summary>What tests/reference/vision.py computed of one of its pictures.</summary>
internal sealed class VisionGolden : IDisposable
{
    private readonly SafetensorsFile file;
    private readonly string name;

    public VisionGolden(string name)
    {
        LibTorch.Load();
        this.name = name;
        file = SafetensorsFile.Open(Path.Combine(Repository.Goldens, "vision", "picture.safetensors"));
        long[] shape = file.Tensors[$"{name}.picture"].Shape;
        Picture = new Picture(this["picture"].data<byte>().ToArray(), (int)shape[1], (int)shape[0]);
    }

    public Picture Picture { get; }

    /// <summary>A tensor that belongs to the caller's scope.</summary>
    public Tensor this[string part] => file.View(file.Tensors[$"{name}.{part}"]);

    public static double Error(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        Tensor wanted = expected.to(ScalarType.Float64);
        return ((actual.to(ScalarType.Float64) - wanted).norm() / wanted.norm()).item<double>();
    }

    public void Dispose() => file.Dispose();
}
