using BenchmarkDotNet.Attributes;
using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Recipes;
using Ltx.Server.Media;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>Frames and masks before and behind the model: 9 frames of the demo's scene, 384x256.</summary>
public class PixelBenchmarks
{
    private const int Frames = 9, Dilation = 8, Feather = 12;

    private static readonly VideoScale Scale = new(8, 32, 32);

    private byte[][] pixels = null!, masks = null!;
    private Tensor source = null!, planes = null!, mask = null!, video = null!, generated = null!, wide = null!;

    private static FrameLayout Layout { get; } = new(YuvColours.Bt709, DemoScene.Height, DemoScene.Width);

    [GlobalSetup]
    public void Setup()
    {
        pixels = [.. Enumerable.Range(0, Frames).Select(DemoScene.Frame)];
        masks = [.. Enumerable.Range(0, Frames).Select(i => Grey(DemoScene.Mask(i)))];
        source = ClipTensors.Bytes(pixels, DemoScene.Height, DemoScene.Width, 3, CPU).DetachFromDisposeScope();
        using Tensor grey = ClipTensors.Bytes(masks, DemoScene.Height, DemoScene.Width, 1, CPU);
        mask = ClipTensors.White(grey).to(ScalarType.Float32).DetachFromDisposeScope();
        video = ClipTensors.ToVideo(source, ScalarType.Float32).DetachFromDisposeScope();
        using Tensor noise = rand(source.shape);
        generated = (noise * 2 - 1).DetachFromDisposeScope();
        wide = zeros([1920 * 1080 * 3 / 2], ScalarType.Byte).DetachFromDisposeScope();
        planes = zeros([Frames, Layout.FrameBytes], ScalarType.Byte);
        Layout.Planes(planes).CopyFrom(Layout.FromRgb(source.to(ScalarType.Float32)));
    }

    [Benchmark(Description = "frames to a tensor")]
    public void FramesToTensor() => ClipTensors.Bytes(pixels, DemoScene.Height, DemoScene.Width, 3, CPU).Dispose();

    [Benchmark(Description = "bytes to a video")]
    public void BytesToVideo() => ClipTensors.ToVideo(source, ScalarType.Float32).Dispose();

    [Benchmark(Description = "mask: widen, and which cells are kept")]
    public void PrepareMask()
    {
        using Tensor widened = ClipTensors.Dilate(mask, Dilation);
        ClipTensors.KeepCells(widened, Scale, 0).Dispose();
    }

    [Benchmark(Description = "guide")]
    public void Guide() => ClipTensors.Guide(video, mask).Dispose();

    [Benchmark(Description = "planes to pixels")]
    public void PlanesToPixels() => Layout.ToRgb(planes).Dispose();

    [Benchmark(Description = "hand a frame of 1920x1080 to the encoder")]
    public byte[] HandOut() => wide.ToArray<byte>();

    [Benchmark(Description = "composite: blend")]
    public void Blend() => new SeamBlend(CompositeMode.Blend, Feather, Layout).Composite(planes, generated, mask).Dispose();

    [Benchmark(Description = "composite: hard")]
    public void Hard() => new SeamBlend(CompositeMode.Hard, Feather, Layout).Composite(planes, generated, mask).Dispose();

    private static byte[] Grey(byte[] rgb) => [.. Enumerable.Range(0, rgb.Length / 3).Select(i => rgb[3 * i])];
}
