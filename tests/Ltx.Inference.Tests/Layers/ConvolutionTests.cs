using Ltx.Inference.Layers;
using Ltx.Inference.Tests.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

public sealed class ConvolutionTests
{
    // Channels that do not fill a processor's vectors: libtorch by itself is off by 0.1 to 0.2, or gives NaN, on a processor with AVX-512.
    [Theory]
    [InlineData(24, 96)]
    [InlineData(40, 24)]
    [InlineData(12, 36)]
    [InlineData(32, 20)]
    public void Bfloat16_is_right_whatever_the_number_of_channels(int inChannels, int outChannels)
    {
        using var scope = NewDisposeScope();
        using SyntheticFile file = new();
        file.AddConv("conv", inChannels, outChannels, 3, 3, 3);
        file.Write(new System.Text.Json.Nodes.JsonObject());
        using TensorArchive archive = TensorArchive.Open(file.Path);
        using ComponentWeights weights = new(archive, "", CPU, ScalarType.BFloat16);
        Conv3d conv = new(weights.Root["conv"], inChannels, outChannels, Conv3dKind.ZeroPaddedTime);
        weights.Complete();
        using ComponentWeights exact = new(archive, "", CPU, ScalarType.Float64);
        Tensor weight = exact.Root["conv"].Tensor("weight", TensorRole.Weight, outChannels, inChannels, 3, 3, 3);
        Tensor bias = exact.Root["conv"].Tensor("bias", TensorRole.Bias, outChannels);
        exact.Complete();

        Tensor x = Seeded.Normal(1, [1, inChannels, 4, 5, 6]).to(ScalarType.BFloat16);
        Tensor made = conv.Forward(x).to(ScalarType.Float64);
        Tensor expected = nn.functional.conv3d(x.to(ScalarType.Float64), weight, bias, padding: [1, 1, 1]);
        Assert.Equal(expected.shape, made.shape);
        // Weights and result are rounded to eight bits.
        Assert.InRange(((made - expected).norm() / expected.norm()).item<double>(), 0, 0.01);
    }

    [Theory]
    [InlineData(24, 24, 1)]
    [InlineData(36, 40, 1)]
    [InlineData(24, 36, 2)]
    public void So_it_is_in_fewer_dimensions(int inChannels, int outChannels, int dimensions)
    {
        using var scope = NewDisposeScope();
        long[] sides = dimensions == 1 ? [30] : [5, 6];
        long[] kernel = [.. Enumerable.Repeat(3L, dimensions)], ones = [.. Enumerable.Repeat(1L, dimensions)];
        Tensor x = Seeded.Normal(1, [4, inChannels, .. sides]).to(ScalarType.BFloat16);
        Tensor weight = Seeded.Normal(2, [outChannels, inChannels, .. kernel]).to(ScalarType.BFloat16);
        Tensor bias = Seeded.Normal(3, [outChannels]).to(ScalarType.BFloat16);
        Tensor made = Convolution.Of(x, weight, bias, ones, ones).to(ScalarType.Float64);
        (Tensor x64, Tensor weight64, Tensor bias64) = (x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64));
        Tensor expected = dimensions == 1
            ? nn.functional.conv1d(x64, weight64, bias64, padding: 1)
            : nn.functional.conv2d(x64, weight64, bias64, padding: [1, 1]);
        Assert.Equal(expected.shape, made.shape);
        Assert.InRange(((made - expected).norm() / expected.norm()).item<double>(), 0, 0.01);
    }
}
