using Ltx.Inference.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Fast]
public sealed class YuvConversionTests : IDisposable
{
    private static readonly YuvColours Bt709 = YuvColours.Bt709, Bt601 = Bt709 with { Kr = 0.299, Kb = 0.114 };

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    // ITU-R BT.709-6 and BT.601-7, eight bits; JFIF 1.02 for full range.
    public static TheoryData<string, byte[], double[]> Known => new()
    {
        { "709", [255, 255, 255], [235, 128, 128] },
        { "709", [0, 0, 0], [16, 128, 128] },
        { "709", [255, 0, 0], [62.56, 102.34, 240] },
        { "709", [0, 255, 0], [172.63, 41.66, 26.27] },
        { "601", [0, 0, 255], [40.97, 240, 109.79] },
        { "601", [255, 255, 0], [210.03, 16, 146.21] },
        { "JPEG", [255, 0, 0], [76.25, 84.97, 255.5] },
        { "JPEG", [10, 200, 90], [130.65, 105.06, 41.94] },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Colours_are_those_of_the_standards_both_ways(string standard, byte[] rgb, double[] yuv)
    {
        YuvConversion conversion = new(standard switch { "709" => Bt709, "601" => Bt601, _ => Bt601 with { IsFullRange = true, ChromaX = 0.5 } });
        Tensor pixels = tensor(rgb, ScalarType.Float32).view(1, 3, 1, 1).expand(1, 3, 4, 6);
        (Tensor luma, Tensor chroma) = conversion.FromRgb(pixels);
        Assert.Equal([1, 1, 4, 6], luma.shape);
        Assert.Equal([1, 2, 2, 3], chroma.shape);
        for (int i = 0; i < 3; i++)
        {
            Tensor plane = i == 0 ? luma : chroma.narrow(1, i - 1, 1);
            Assert.Equal(yuv[i], plane.min().item<float>(), 0.05);
            Assert.Equal(yuv[i], plane.max().item<float>(), 0.05);
        }
        Assert.Equal(0, (conversion.ToRgb(luma, chroma) - pixels).abs().max().item<float>(), 1e-3);
    }

    public static TheoryData<double, double> Positions => new() { { 0, 0.5 }, { 0.5, 0.5 }, { 0, 0 }, { 0.5, 0 }, { 0, 1 }, { 0.5, 1 }, { 1, 0.5 } };

    [Theory]
    [MemberData(nameof(Positions))]
    public void Chroma_is_that_of_the_place_where_a_sample_lies(double x, double y)
    {
        const int Height = 16, Width = 24;
        YuvConversion conversion = new(Bt709 with { ChromaX = x, ChromaY = y });
        // Colours that rise evenly along both sides: what lies between two pixels is known.
        Tensor column = arange(Width, ScalarType.Float32).view(1, 1, 1, Width), row = arange(Height, ScalarType.Float32).view(1, 1, Height, 1);
        Tensor Rising(Tensor a, Tensor b) => cat([60 + 4 * a + 2 * b, 90 - a + 3 * b, 70 + 2 * a + b], 1);
        (Tensor luma, Tensor chroma) = conversion.FromRgb(Rising(column.expand(1, 1, Height, Width), row.expand(1, 1, Height, Width)));
        Tensor left = (2 * arange(Width / 2, ScalarType.Float32) + x).view(1, 1, 1, Width / 2).expand(1, 1, Height / 2, Width / 2);
        Tensor top = (2 * arange(Height / 2, ScalarType.Float32) + y).view(1, 1, Height / 2, 1).expand(1, 1, Height / 2, Width / 2);
        // A sample's own colour, told by a conversion that halves nothing: of a colour that is the same in all four pixels.
        Tensor there = Rising(left, top), fours = there.repeat_interleave(2, 2).repeat_interleave(2, 3);
        Tensor expected = cat([Samples(fours, 0), Samples(fours, 1)], 1);
        Assert.Equal(0, Inside(chroma - expected).abs().max().item<float>(), 1e-3);
        Tensor again = conversion.ToRgb(luma, chroma);
        Assert.Equal(0, (again - Rising(column.expand(1, 1, Height, Width), row.expand(1, 1, Height, Width))).narrow(2, 4, Height - 8).narrow(3, 4, Width - 8).abs().max().item<float>(), 1e-3);

        static Tensor Inside(Tensor plane) => plane.narrow(2, 1, Height / 2 - 2).narrow(3, 1, Width / 2 - 2);
    }

    [Fact]
    public void A_frame_of_planes_can_be_looked_at()
    {
        // The left half red, the right half blue, by BT.601 in full range.
        byte[] frame = [76, 76, 29, 29, 76, 76, 29, 29, /* Cb */ 85, 255, /* Cr */ 255, 107];
        InpaintRequest request = new(new GenerationParameters("") { Steps = 1 }, [frame], [new byte[8]], 4, 2, 24) { Yuv = Bt601 with { IsFullRange = true, ChromaX = 0.5 } };
        Picture picture = request.Look(frame);
        Assert.Equal((4, 2), (picture.Width, picture.Height));
        // The pixels in the middle see both samples.
        AssertNear([254, 0, 0], picture.Pixels[..3]);
        AssertNear([0, 0, 254], picture.Pixels[9..12]);
        Assert.Same(frame, (request with { Yuv = null }).Look(frame).Pixels);
    }

    private static void AssertNear(byte[] expected, byte[] actual) => Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.First - pair.Second, -2, 2));

    // Cb or Cr by definition.
    private static Tensor Samples(Tensor fours, int which)
    {
        Tensor pixels = fours.slice(2, 0, fours.shape[2], 2).slice(3, 0, fours.shape[3], 2);
        Tensor red = pixels.narrow(1, 0, 1), green = pixels.narrow(1, 1, 1), blue = pixels.narrow(1, 2, 1), y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        return 128 + 224 / 255.0 * (which == 0 ? (blue - y) / 1.8556 : (red - y) / 1.5748);
    }
}
