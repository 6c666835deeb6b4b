using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Fast]
public sealed class SeamBlendTests : IDisposable
{
    private const int Height = 112, Width = 160;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    private static readonly Dictionary<string, Func<int, int, bool>> Shapes = new()
    {
        ["rectangle"] = (y, x) => y is >= 36 and < 76 && x is >= 50 and < 110,
        ["disc"] = (y, x) => (y - 56) * (y - 56) + (x - 80) * (x - 80) < 30 * 30,
        ["left edge"] = (y, x) => y is >= 30 and < 80 && x < 60,
        ["corner"] = (y, x) => y >= 60 && x >= 90,
        ["near the edges"] = (y, x) => y is >= 6 and < 106 && x is >= 6 and < 154,
        ["stripe"] = (y, x) => x is >= 70 and < 90,
        ["angle"] = (y, x) => y is >= 20 and < 90 && x is >= 30 and < 130 && (y >= 55 || x < 70),
        ["two"] = (y, x) => y is >= 40 and < 70 && (x is >= 30 and < 60 || x is >= 66 and < 100),
        ["pixel"] = (y, x) => y == 40 && x == 70,
    };

    public static TheoryData<string> Masks => [.. Shapes.Keys];

    public static TheoryData<string, int> MasksAndFeathers => [.. Shapes.Keys.SelectMany(shape => new[] { 0, 1, 12 }.Select(feather => (shape, feather)))];

    [Theory]
    [MemberData(nameof(MasksAndFeathers))]
    public void Beyond_the_feather_every_byte_is_the_sources(string shape, int feather)
    {
        Tensor source = Noise(1), generated = Noise(2).to(ScalarType.Float32), mask = Mask(shape);
        Tensor changed = (Composite(CompositeMode.Blend, feather, source, generated, mask) != source).any(1, keepdim: true);
        Tensor grown = Grown(shape, feather);
        Assert.False((changed & ~grown).any().item<bool>());
        // Two pictures of noise agree in one pixel of 16 million: inside, and in most of the ring, they must differ.
        Assert.True((changed & (mask > 0)).sum().item<long>() >= 0.95 * mask.sum().item<float>());
        if (feather > 0) Assert.True((changed & grown & (mask == 0)).any().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Inside_the_mask_detail_stays_and_only_tone_moves(string shape)
    {
        Tensor source = Smooth(), mask = Mask(shape);
        Tensor generated = source.to(ScalarType.Float32) + 24 + randint(-6, 7, [1, 3, Height, Width], dtype: ScalarType.Float32, generator: new Generator(3));
        Tensor moved = (Composite(CompositeMode.Blend, 12, source, generated, mask).to(ScalarType.Float32) - generated) * mask;
        AssertSteps(moved, mask, mask, 1);
        // The same tone at the seam means that it moved at all.
        if (shape != "pixel") Assert.True((moved * mask).min().item<float>() < -16);
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void A_clip_of_another_tone_meets_the_source_without_a_step(string shape)
    {
        Tensor source = Smooth(), mask = Mask(shape);
        AssertNoSeam(source, Composite(CompositeMode.Blend, 12, source, source.to(ScalarType.Float32) + 24, mask));
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void A_region_of_another_tone_meets_the_source_without_a_step(string shape)
    {
        Tensor source = Smooth(), mask = Mask(shape);
        AssertNoSeam(source, Composite(CompositeMode.Blend, 12, source, source.to(ScalarType.Float32) + 24 * mask, mask));
    }

    [Theory]
    [InlineData(CompositeMode.Blend)]
    [InlineData(CompositeMode.Hard)]
    [InlineData(CompositeMode.None)]
    public void A_mask_that_is_all_white_leaves_the_generated_frames_as_they_are(CompositeMode mode)
    {
        Tensor generated = Noise(2).to(ScalarType.Float32) + 0.25f, mask = ones(1, 1, Height, Width);
        Assert.True(Composite(mode, 12, Noise(1), generated, mask).equal(Noise(2)).all().item<bool>());
    }

    [Fact]
    public void Hard_takes_each_pixel_from_one_side_and_none_takes_all_from_one()
    {
        Tensor source = Noise(1), generated = Noise(2), mask = Mask("disc");
        Tensor hard = Composite(CompositeMode.Hard, 12, source, generated.to(ScalarType.Float32), mask);
        Assert.True(hard.equal(where(mask > 0, generated, source)).all().item<bool>());
        Assert.True(Composite(CompositeMode.Blend, 0, source, generated.to(ScalarType.Float32), mask).equal(hard).all().item<bool>());
        Assert.True(Composite(CompositeMode.None, 12, source, generated.to(ScalarType.Float32), mask).equal(generated).all().item<bool>());
    }

    [Fact]
    public void Pixels_are_rounded_and_clamped() =>
        Assert.Equal([0, 0, 1, 254, 255, 255], SeamBlend.ToBytes(tensor(new[] { -3f, 0.4f, 0.6f, 254.4f, 254.6f, 300 })).data<byte>().ToArray());

    [Fact]
    public void Frames_do_not_touch_each_other()
    {
        Tensor source = cat([Noise(1), Noise(3)]), generated = cat([Noise(2), Noise(4)]).to(ScalarType.Float32), mask = cat([Mask("disc"), Mask("corner")]);
        Tensor both = Composite(CompositeMode.Blend, 12, source, generated, mask);
        for (int i = 0; i < 2; i++) Assert.True(Composite(CompositeMode.Blend, 12, source.narrow(0, i, 1), generated.narrow(0, i, 1), mask.narrow(0, i, 1)).equal(both.narrow(0, i, 1)).all().item<bool>());
    }

    // What was added to a smooth source is as smooth: no two neighbours differ by more than a level, but for the rounding of both.
    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(12)]
    public void Only_what_is_near_the_mask_is_computed_and_that_as_if_all_were(int feather)
    {
        // So large that rows and columns are left out on all sides, and not a multiple of a field's cells.
        const int Rows = 403, Columns = 501, Frames = 2;
        Generator generator = new(5);
        Tensor source = randint(0, 256, [Frames, 3, Rows, Columns], dtype: ScalarType.Byte, generator: generator);
        Tensor generated = randint(0, 256, [Frames, 3, Rows, Columns], dtype: ScalarType.Float32, generator: generator), mask = zeros(Frames, 1, Rows, Columns);
        mask[0, 0, 190..230, 201..262] = ones(1);
        mask[1, 0, 170..200, 240..251] = ones(1);

        Tensor whole = Composite(CompositeMode.Blend, feather, source, generated, mask, whole: true).to(ScalarType.Int32);
        Tensor near = Composite(CompositeMode.Blend, feather, source, generated, mask).to(ScalarType.Int32);

        // A number that lies between two bytes may be rounded to either.
        Tensor difference = (whole - near).abs();
        Assert.True(difference.max().item<int>() <= 1);
        Assert.True((difference > 0).to(ScalarType.Float32).mean().item<float>() < 1e-4);
    }

    [Fact]
    public void A_mask_without_white_leaves_the_source()
    {
        Tensor source = Noise(1);
        Assert.True(Composite(CompositeMode.Blend, 12, source, Noise(2).to(ScalarType.Float32), zeros(1, 1, Height, Width)).equal(source).all().item<bool>());
    }

    public static TheoryData<string, int> PlanesAndFeathers => [.. Shapes.Keys.SelectMany(shape => new[] { 0, 1, 5, 12 }.Select(feather => (shape, feather)))];

    [Theory]
    [MemberData(nameof(PlanesAndFeathers))]
    public void Of_planes_every_byte_beyond_the_feather_is_the_sources(string shape, int feather)
    {
        FrameLayout layout = new(Bt601, Height, Width);
        Tensor source = randint(0, 256, [1, layout.FrameBytes], dtype: ScalarType.Byte, generator: new Generator(1)), mask = Mask(shape);
        Tensor result = new SeamBlend(feather == 0 ? CompositeMode.Hard : CompositeMode.Blend, feather, layout).Composite(source, Noise(2).to(ScalarType.Float32) / 127.5f - 1, mask);

        // Chroma is kept where none of its four pixels is within the feather.
        Tensor near = Grown(shape, feather), nearChroma = nn.functional.max_pool2d(near.to(ScalarType.Float32), [2, 2]) > 0;
        FramePlanes changed = layout.Planes((result != source).to(ScalarType.Byte));
        Assert.False(((changed.Full > 0) & ~near).any().item<bool>());
        Assert.False(((changed.Half! > 0) & ~nearChroma).any().item<bool>());
        // Bytes of noise agree in one of 256.
        Assert.True(((changed.Full > 0) & (mask > 0)).sum().item<long>() >= 0.95 * mask.sum().item<float>());
        Tensor maskChroma = nn.functional.max_pool2d(mask, [2, 2]);
        Assert.True(((changed.Half! > 0) & (maskChroma > 0)).sum().item<long>() >= 2 * 0.9 * maskChroma.sum().item<float>());
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Planes_of_another_tone_meet_the_source_without_a_step(string shape)
    {
        FrameLayout layout = new(Bt601, Height, Width);
        Tensor picture = Smooth(), mask = Mask(shape);
        FramePlanes exact = layout.FromRgb(picture.to(ScalarType.Float32));
        Tensor source = zeros([1, layout.FrameBytes], ScalarType.Byte);
        layout.Planes(source).CopyFrom(exact);
        // Warmer, not only brighter: 23 levels of luma, 11 and 16 of chroma.
        Tensor warmer = tensor(new[] { 40f, 20, -10 }).view(1, 3, 1, 1);
        Tensor result = new SeamBlend(CompositeMode.Blend, 12, layout).Composite(source, (picture.to(ScalarType.Float32) + warmer) / 127.5f - 1, mask);
        FramePlanes made = layout.Planes(result).ToFloat();
        // A level for the rounding of two neighbours, and what tone may change from one to the other.
        AssertSteps(made.Full - exact.Full, ones_like(mask), ones_like(mask), 2);
        Tensor all = ones(1, 1, Height / 2, Width / 2);
        for (int i = 0; i < 2; i++) AssertSteps((made.Half! - exact.Half!).narrow(1, i, 1), all, all, 2);
    }

    private static readonly YuvColours Bt601 = YuvColours.Bt709 with { Kr = 0.299, Kb = 0.114 };

    // RGB as [F, 3, H, W], generated from 0 to 255.
    private static Tensor Composite(CompositeMode mode, int feather, Tensor source, Tensor generated, Tensor mask, bool whole = false)
    {
        (long frames, int height, int width) = (source.shape[0], (int)source.shape[2], (int)source.shape[3]);
        SeamBlend seam = new(mode, feather, new FrameLayout(null, height, width));
        Tensor bytes = source.permute(0, 2, 3, 1).contiguous().view(frames, -1), numbers = generated / 127.5f - 1;
        Tensor result = whole ? seam.CompositeWhole(bytes, numbers, mask) : seam.Composite(bytes, numbers, mask);
        return result.view(frames, height, width, 3).permute(0, 3, 1, 2).contiguous();
    }

    private static void AssertNoSeam(Tensor source, Tensor result)
    {
        Tensor everywhere = ones(1, 1, Height, Width);
        AssertSteps(result.to(ScalarType.Float32) - source.to(ScalarType.Float32), everywhere, everywhere, 1);
    }

    private static void AssertSteps(Tensor added, Tensor from, Tensor to, float largest)
    {
        foreach ((int dimension, long size) in ((int, long)[])[(2, added.shape[2]), (3, added.shape[3])])
        {
            Tensor both = from.narrow(dimension, 0, size - 1) * to.narrow(dimension, 1, size - 1);
            float step = ((added.narrow(dimension, 1, size - 1) - added.narrow(dimension, 0, size - 1)).abs() * both).max().item<float>();
            Assert.True(step <= largest, $"a step of {step} levels along dimension {dimension}");
        }
    }

    private static Tensor Mask(string shape) => Pixels(Shapes[shape]).to(ScalarType.Float32);

    // By definition, pixel by pixel: white where a white pixel is at most so many rows and columns away.
    private static Tensor Grown(string shape, int by) => Pixels((y, x) =>
    {
        for (int v = Math.Max(0, y - by); v <= Math.Min(Height - 1, y + by); v++)
        {
            for (int u = Math.Max(0, x - by); u <= Math.Min(Width - 1, x + by); u++)
            {
                if (Shapes[shape](v, u)) return true;
            }
        }
        return false;
    });

    private static Tensor Pixels(Func<int, int, bool> white) =>
        tensor(Enumerable.Range(0, Height * Width).Select(i => white(i / Width, i % Width)).ToArray()).view(1, 1, Height, Width);

    private static Tensor Noise(ulong seed) => randint(0, 256, [1, 3, Height, Width], dtype: ScalarType.Byte, generator: new Generator(seed));

    private static Tensor Smooth() => ClipTensors.Bytes(MiniatureClip.Scene(1, Height, Width), Height, Width, 3, CPU);
}
