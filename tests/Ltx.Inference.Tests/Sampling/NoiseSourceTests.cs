using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Sampling;

[Fast]
public class NoiseSourceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2147483647)]
    public void A_seed_gives_the_same_noise_again_and_another_gives_another(long seed)
    {
        using var scope = NewDisposeScope();
        Tensor Draw(long from)
        {
            using NoiseSource source = new(from);
            return cat([source.Normal([40], CPU), source.Normal([40], CPU)]);
        }

        Tensor first = Draw(seed);
        // What others draw from torch's own generator does not matter.
        _ = randn(100);
        Assert.True(first.equal(Draw(seed)).all().item<bool>());
        Assert.False(first.equal(Draw(seed + 1)).any().item<bool>());
        Assert.False(first[..40].equal(first[40..]).any().item<bool>());
    }

    [Fact]
    public void Normalized_noise_has_mean_0_and_deviation_1_over_each_item()
    {
        using var scope = NewDisposeScope();
        using NoiseSource source = new(9999);
        Tensor noise = source.Normalized([2, 7, 5], CPU);
        Assert.Equal(ScalarType.Float64, noise.dtype);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(0, noise[i].mean().item<double>(), 1e-12);
            Assert.Equal(1, noise[i].std().item<double>(), 1e-12);
        }
    }
}
