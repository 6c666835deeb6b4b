using System.Text.Json.Nodes;
using Ltx.Inference.Layers;
using Ltx.Inference.Tests.VideoVae;
using Ltx.Inference.Upsampler;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Upsampler;

/// <summary>The upsamplers that no golden has. Latents of 4 channels, 32 inside, one block a stage.</summary>
[Fast]
public sealed class LatentUpsamplerTests : IDisposable
{
    private const int Channels = 32;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SyntheticFile file = new();

    public void Dispose()
    {
        scope.Dispose();
        file.Dispose();
    }

    [Theory]
    [InlineData(true, false, 2.0, false, 3, 8, 12)]
    [InlineData(true, false, 2.0, true, 3, 8, 12)]
    [InlineData(true, false, 1.5, true, 3, 6, 9)]
    [InlineData(true, false, 4.0, true, 3, 16, 24)]
    [InlineData(true, false, 0.75, true, 3, 3, 5)]
    [InlineData(false, true, 2.0, false, 5, 4, 6)]
    [InlineData(true, true, 2.0, false, 5, 8, 12)]
    public void Sizes(bool space, bool time, double scale, bool rational, int frames, int height, int width)
    {
        Write(space, time, scale, rational);
        using LatentUpsampler upsampler = LatentUpsampler.Load(file.Path, CPU, ScalarType.Float32);
        Assert.Equal([1, 4, frames, height, width], upsampler.Forward(Random(1, 4, 3, 4, 6)).shape);
    }

    [Theory]
    [InlineData(true, false, 2.0, false)]
    [InlineData(true, false, 1.5, true)]
    [InlineData(true, true, 2.0, false)]
    public void Channels_side_by_side_give_the_same(bool space, bool time, double scale, bool rational)
    {
        Write(space, time, scale, rational);
        Tensor x = Random(1, 4, 3, 4, 6);
        Tensor[] made = [.. new[] { false, true }.Select(channelsLast =>
        {
            using LatentUpsampler upsampler = LatentUpsampler.Load(TensorArchive.Open(file.Path), CPU, ScalarType.Float32, channelsLast);
            return upsampler.Forward(x);
        })];
        Assert.Equal(made[0].shape, made[1].shape);
        Assert.InRange(((made[1] - made[0]).norm() / made[0].norm()).item<float>(), 0, 1e-5f);
    }

    [Fact]
    public void In_time_pairs_of_channels_become_frames_and_the_first_is_dropped()
    {
        Write(space: false, time: true, 2.0, rational: false);
        Tensor x = Random(1, Channels, 2, 3, 3), y = Resample(x);
        Tensor convolved = nn.functional.conv3d(x, Weight("upsampler.0.weight"), Weight("upsampler.0.bias"), padding: [1, 1, 1]);
        Assert.Equal([1, Channels, 3, 3, 3], y.shape);
        // Frame f of the result is the half f + 1 of the frames before the first is dropped.
        for (int f = 0; f < 3; f++) Assert.Equal(convolved[0, 2 * 5 + (f + 1) % 2, (f + 1) / 2, 1, 2].item<float>(), y[0, 5, f, 1, 2].item<float>(), 1e-5f);
    }

    [Fact]
    public void A_factor_of_one_and_a_half_is_three_times_blurred_and_halved()
    {
        Write(space: true, time: false, 1.5, rational: true);
        Tensor x = Random(1, Channels, 1, 2, 2), y = Resample(x);
        Tensor convolved = nn.functional.conv2d(x[0].permute(1, 0, 2, 3), Weight("upsampler.conv.weight"), Weight("upsampler.conv.bias"), padding: [1, 1]);
        Tensor kernel = Weight("upsampler.blur_down.kernel");
        Assert.Equal([1, Channels, 1, 3, 3], y.shape);
        for (int row = 0; row < 3; row++)
        {
            for (int column = 0; column < 3; column++)
            {
                float expected = 0;
                for (int i = 0; i < 25; i++)
                {
                    // Of the image of 6 x 6 pixels, where channel 7's nine parts are the pixels of a square of 3 x 3.
                    (int r, int c) = (2 * row + i / 5 - 2, 2 * column + i % 5 - 2);
                    if (r is >= 0 and < 6 && c is >= 0 and < 6) expected += kernel[0, 0, i / 5, i % 5].item<float>() * convolved[0, 7 * 9 + r % 3 * 3 + c % 3, r / 3, c / 3].item<float>();
                }
                Assert.Equal(expected, y[0, 7, 0, row, column].item<float>(), 1e-3f);
            }
        }
    }

    [Theory]
    [InlineData("spatial_upsample", "false", "temporal_upsample")]
    [InlineData("spatial_scale", "1.5", "spatial_scale")]
    [InlineData("mid_channels", "33", "mid_channels")]
    [InlineData("dims", "2", "dims")]
    [InlineData("_class_name", "\"VideoUpscaler\"", "_class_name")]
    public void What_is_not_built_here_is_refused_by_name(string key, string value, string named)
    {
        JsonObject config = Config(true, false, 2.0, false);
        config[key] = JsonNode.Parse(value);
        Assert.Contains(named, Assert.Throws<WeightsException>(() => LatentUpsamplerConfig.Read(ConfigSection.Parse(config.ToJsonString(), "test"))).Message, StringComparison.Ordinal);
    }

    private static JsonObject Config(bool space, bool time, double scale, bool rational) => new()
    {
        ["_class_name"] = "LatentUpsampler",
        ["in_channels"] = 4,
        ["mid_channels"] = Channels,
        ["num_blocks_per_stage"] = 1,
        ["spatial_upsample"] = space,
        ["temporal_upsample"] = time,
        ["spatial_scale"] = scale,
        ["rational_resampler"] = rational,
    };

    private static Tensor Random(params long[] shape) => rand(shape, generator: new Generator(3)).mul(2).sub(1);

    private Tensor Weight(string name)
    {
        using TensorArchive archive = TensorArchive.Open(file.Path);
        (SafetensorsFile holder, TensorEntry entry) = archive.Find(name);
        return holder.View(entry).clone();
    }

    private Tensor Resample(Tensor x)
    {
        using TensorArchive archive = TensorArchive.Open(file.Path);
        using ComponentWeights weights = new(archive, "", CPU, ScalarType.Float32);
        LatentUpsamplerConfig config = LatentUpsamplerConfig.Read(ConfigSection.Parse(archive.Files[0].Metadata["config"], "test"));
        return new Resampler(weights.Root["upsampler"], config, channelsLast: false).Forward(x);
    }

    private void Write(bool space, bool time, double scale, bool rational)
    {
        file.AddConv("initial_conv", 4, Channels, 3, 3, 3);
        Norm("initial_norm");
        Block("res_blocks.0");
        Block("post_upsample_res_blocks.0");
        file.AddConv("final_conv", Channels, 4, 3, 3, 3);
        if (rational && space && !time)
        {
            int up = scale is 1.5 or 0.75 ? 3 : (int)scale;
            file.AddConv("upsampler.conv", Channels, up * up * Channels, 3, 3);
            file.Add("upsampler.blur_down.kernel", 1, 1, 5, 5);
        }
        else if (time)
        {
            file.AddConv("upsampler.0", Channels, (space ? 8 : 2) * Channels, 3, 3, 3);
        }
        else
        {
            file.AddConv("upsampler.0", Channels, 4 * Channels, 3, 3);
        }
        file.Write(Config(space, time, scale, rational));
    }

    private void Block(string name)
    {
        file.AddConv($"{name}.conv1", Channels, Channels, 3, 3, 3);
        Norm($"{name}.norm1");
        file.AddConv($"{name}.conv2", Channels, Channels, 3, 3, 3);
        Norm($"{name}.norm2");
    }

    private void Norm(string name)
    {
        file.Add($"{name}.weight", Channels);
        file.Add($"{name}.bias", Channels);
    }
}
