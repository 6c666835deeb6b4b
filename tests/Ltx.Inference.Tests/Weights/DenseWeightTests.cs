using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

public sealed class DenseWeightTests
{
    // In bfloat16 a bias that is added to the product in a pass of its own rounds twice.
    [Fact]
    public void A_bias_is_added_within_the_product_whatever_the_shape()
    {
        using var scope = NewDisposeScope();
        using DenseWeight weight = new(Seeded.Normal(1, [48, 32]).to(ScalarType.BFloat16));
        Tensor bias = Seeded.Normal(2, [48]).to(ScalarType.BFloat16), x = Seeded.Normal(3, [2, 5, 32]).to(ScalarType.BFloat16);
        Tensor product = weight.Multiply(x, bias), exact = nn.functional.linear(x.to(ScalarType.Float64), weight.ToFloat32().to(ScalarType.Float64), bias.to(ScalarType.Float64));
        Assert.Equal([2, 5, 48], product.shape);
        Assert.True(product.view(10, 48).equal(weight.Multiply(x.view(10, 32), bias)).all().item<bool>());
        // Half of bfloat16's last place, and no more.
        Assert.True(((product.to(ScalarType.Float64) - exact).abs() <= exact.abs() / 256 + 1e-3).all().item<bool>());
        Assert.True(weight.Multiply(x, null).equal(nn.functional.linear(x, weight.Tensors[0])).all().item<bool>());
    }
}
