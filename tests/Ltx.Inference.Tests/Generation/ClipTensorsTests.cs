using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Fast]
public sealed class ClipTensorsTests : IDisposable
{
    private static readonly VideoScale Scale = new(8, 32, 32);

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Padding_repeats_the_last_frame_and_the_right_and_bottom_edge()
    {
        byte[][] frames = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]];
        Tensor padded = ClipTensors.Pad(ClipTensors.Bytes(frames, 2, 3, 1, CPU), new PixelShape(3, 3, 5), reflect: false);
        Assert.Equal([3, 1, 3, 5], padded.shape);
        byte[] last = [7, 8, 9, 9, 9, 10, 11, 12, 12, 12, 10, 11, 12, 12, 12];
        Assert.Equal([1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 4, 5, 6, 6, 6, .. last, .. last], padded.contiguous().data<byte>().ToArray());
    }

    [Fact]
    public void Interleaved_bytes_become_planes_and_minus_one_to_one()
    {
        Tensor bytes = ClipTensors.Bytes([[0, 255, 51, 204, 102, 153]], 1, 2, 3, CPU);
        Assert.Equal([1, 3, 1, 2], bytes.shape);
        Tensor video = ClipTensors.ToVideo(bytes, ScalarType.Float32);
        Assert.Equal([1, 3, 1, 1, 2], video.shape);
        float[] wanted = [-1, 0.6f, 1, -0.2f, -0.6f, 0.2f];
        Assert.All(wanted.Zip(video.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Half_of_white_is_white_and_less_is_not() =>
        Assert.Equal([false, false, true, true], ClipTensors.White(tensor(new byte[] { 0, 127, 128, 255 }).view(1, 1, 2, 2)).data<bool>().ToArray());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_white_pixel_is_widened_to_a_square_within_the_frame(int pixels)
    {
        const int Size = 9;
        foreach ((int y, int x) in ((int, int)[])[(4, 4), (0, 8), (8, 1)])
        {
            Tensor mask = zeros(1, 1, Size, Size);
            mask[0, 0, y, x] = ones([]);
            float[] widened = ClipTensors.Dilate(mask, pixels).contiguous().data<float>().ToArray();
            for (int i = 0; i < widened.Length; i++) Assert.Equal(Math.Max(Math.Abs(i / Size - y), Math.Abs(i % Size - x)) <= pixels ? 1 : 0, widened[i]);
        }
    }

    [Fact]
    public void One_white_pixel_of_a_square_makes_its_small_pixel_white_and_pictures_are_averaged()
    {
        Tensor mask = zeros(1, 1, 4, 4);
        mask[0, 0, 3, 0] = ones([]);
        Assert.Equal([0, 0, 1, 0], ClipTensors.ShrinkMask(mask, 2).contiguous().data<float>().ToArray());
        Tensor video = arange(16, ScalarType.Float32).view(1, 1, 1, 4, 4);
        Assert.Equal([2.5f, 4.5f, 10.5f, 12.5f], ClipTensors.ShrinkVideo(video, 2).data<float>().ToArray());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(16, 2)]
    public void The_first_frame_is_a_latent_frame_of_its_own_and_then_they_are_eight(int whiteFrame, int latentFrame)
    {
        Tensor mask = zeros(17, 1, 64, 96);
        // The last pixel of the upper middle cell.
        mask[whiteFrame, 0, 31, 63] = ones([]);
        Tensor keep = ClipTensors.KeepCells(mask, Scale, 0);
        Assert.Equal([1, 3, 2, 3], keep.shape);
        float[] wanted = [.. Enumerable.Repeat(1f, 18)];
        wanted[latentFrame * 6 + 1] = 0;
        Assert.Equal(wanted, keep.contiguous().data<float>().ToArray());
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.BFloat16, 4e-3)]
    public void A_guide_is_66FF00_where_something_is_made_and_the_clip_elsewhere(ScalarType type, double tolerance)
    {
        Tensor video = Seeded.Uniform(1, [1, 3, 2, 4, 4]).to(type), mask = zeros(2, 1, 4, 4);
        mask[1, 0, 2, 3] = ones([]);
        Tensor guide = ClipTensors.Guide(video, mask), pixel = (guide[0, .., 1, 2, 3].to(ScalarType.Float32) + 1) * 127.5f;
        Assert.All(new float[] { 0x66, 0xFF, 0 }.Zip(pixel.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 255 * tolerance));
        Tensor differs = (guide != video).any(1).to(ScalarType.Int64);
        Assert.Equal(1, differs.sum().item<long>());
        Assert.Equal(1, differs[0, 1, 2, 3].item<long>());
    }

    [Theory]
    [InlineData(17, 1, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")]
    [InlineData(17, 2, "0 1 3 5 7 9 11 13 15")]
    [InlineData(17, 4, "0 1 5 9 13")]
    [InlineData(1, 2, "0")]
    public void A_slower_reference_has_the_first_frame_and_then_every_so_many_th(int frames, int factor, string kept) =>
        Assert.Equal(kept, string.Join(' ', ClipTensors.Subsample(arange(frames, ScalarType.Int64).view(1, 1, frames), 2, factor).data<long>().ToArray()));
}
