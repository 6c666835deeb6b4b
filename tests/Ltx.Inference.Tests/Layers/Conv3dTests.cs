using Ltx.Inference.Layers;
using Ltx.Inference.Tests.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

public sealed class Conv3dTests
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
        Tensor weight = exact.Root["conv"].Tensor("weight", TensorRole.Weight, outChannels, inChannels, 3, 3, 3), bias = exact.Root["conv"].Tensor("bias", TensorRole.Bias, outChannels);
        exact.Complete();

        Tensor x = Seeded.Normal(1, [1, inChannels, 4, 5, 6]).to(ScalarType.BFloat16);
        Tensor made = conv.Forward(x).to(ScalarType.Float64), expected = nn.functional.conv3d(x.to(ScalarType.Float64), weight, bias, padding: [1, 1, 1]);
        Assert.Equal(expected.shape, made.shape);
        // Weights and result are rounded to eight bits.
        Assert.InRange(((made - expected).norm() / expected.norm()).item<double>(), 0, 0.01);
    }
}
