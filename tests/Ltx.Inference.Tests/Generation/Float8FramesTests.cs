using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Tests.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>The miniature's finished frames with float8 products, as tensor cores multiply, beside those of bfloat16.</summary>
[Collection(MiniaturePipelineTests.Name)]
public sealed class Float8FramesTests(MiniaturePipeline miniature, ITestOutputHelper output)
{
    // A pass in float8 may be four times further from float32 than one in bfloat16 (WeightFormatTests).
    private static readonly double Gate = 20 * Math.Log10(4);

    [Fact]
    public void They_are_no_further_from_float32_than_the_gate_of_a_pass_allows()
    {
        IReadOnlyList<byte[]> exact = miniature.Plain.Frames;
        double bfloat16 = Nearness(exact, Frames(WeightFormat.Checkpoint)), float8 = Nearness(exact, Frames(WeightFormat.Float8Products));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bfloat16 {bfloat16:0.00} dB, float8 {float8:0.00} dB"));
        Assert.True(float8 >= bfloat16 - Gate, string.Create(CultureInfo.InvariantCulture, $"bfloat16 {bfloat16:0.00} dB, float8 {float8:0.00} dB"));
    }

    private static IReadOnlyList<byte[]> Frames(WeightFormat format)
    {
        using InpaintPipeline pipeline = new(ModelFolder.Open(Repository.Miniature), CPU, ScalarType.BFloat16, new InpaintOptions(Weights: format));
        if (format == WeightFormat.Float8Products) TensorCoreWeight.KeepIn(pipeline.Transformer.Linears.Values);
        RecordedClip clip = new();
        pipeline.Run(MiniatureClip.Request(), clip, cancellation: TestContext.Current.CancellationToken);
        return clip.Frames;
    }

    // Peak signal to noise, in dB.
    private static double Nearness(IReadOnlyList<byte[]> exact, IReadOnlyList<byte[]> frames) =>
        10 * Math.Log10(255 * 255 / exact.Zip(frames).Average(pair => pair.First.Zip(pair.Second).Average(pixel => Math.Pow(pixel.First - pixel.Second, 2))));
}
