using Ltx.Inference.Layers;
using Ltx.Inference.VideoVae;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.VideoVae;

/// <summary>Orders of channels, against loops.</summary>
public class RearrangementTests : VideoVaeTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Patches_put_columns_before_rows(bool channelsLast)
    {
        const int Size = 3;
        Tensor video = Random(2, 3, 2, 6, 9), patches = Patches.ToChannels(video, Size, channelsLast);
        Assert.Equal([2, 27, 2, 2, 3], patches.shape);
        for (int c = 0; c < 3; c++)
        {
            for (int row = 0; row < Size; row++)
            {
                for (int column = 0; column < Size; column++)
                {
                    float pixel = video[1, c, 1, 1 * Size + row, 2 * Size + column].item<float>();
                    Assert.Equal(pixel, patches[1, c * Size * Size + column * Size + row, 1, 1, 2].item<float>());
                }
            }
        }
        Near(video, Patches.ToPixels(patches, Size), 0);
    }

    [Theory]
    [InlineData(2, 1, 1, false)]
    [InlineData(1, 2, 2, true)]
    [InlineData(2, 2, 2, false)]
    [InlineData(2, 2, 2, true)]
    public void Depth_is_channel_then_time_then_height_then_width(int t, int h, int w, bool channelsLast)
    {
        Stride3d step = new(t, h, w);
        Tensor space = Random(1, 3, 2 * t, 3 * h, 4 * w);
        if (channelsLast) space = ChannelsLast.Of(space);
        Tensor depth = SpaceDepth.ToDepth(space, step);
        Assert.Equal([1, 3 * step.Count, 2, 3, 4], depth.shape);
        Assert.Equal(channelsLast, ChannelsLast.Is(depth));
        for (int i = 0; i < step.Count; i++)
        {
            (int dt, int dh, int dw) = (i / (h * w), i / w % h, i % w);
            Assert.Equal(space[0, 2, t + dt, 2 * h + dh, 3 * w + dw].item<float>(), depth[0, 2 * step.Count + i, 1, 2, 3].item<float>());
        }
        Tensor back = SpaceDepth.ToSpace(depth, step);
        Near(space, back, 0);
        Assert.Equal(channelsLast, ChannelsLast.Is(back));
    }

    [Fact]
    public void Pixel_norm_is_over_channels()
    {
        Tensor x = Random(1, 5, 2, 2, 2);
        Tensor expected = x / (x.square().mean([1], keepdim: true) + 1e-8).sqrt();
        Near(expected, PixelNorm.Forward(x, 1e-8));
        // Into a part of a larger one, whose rest stays as it is.
        Tensor y = full([1, 5, 4, 2, 2], 7f);
        PixelNorm.VideoSilu(x, y.narrow(2, 1, 2));
        Near(expected * expected.sigmoid(), y.narrow(2, 1, 2));
        Assert.True((y[0, 0, 0] == 7).logical_and(y[0, 0, 3] == 7).all().item<bool>());
    }
}
