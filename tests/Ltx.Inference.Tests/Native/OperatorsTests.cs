using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Native;

[Fast]
[Collection(Alone.Name)]
public class OperatorsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rms_norm_by_name_equals_its_formula(bool weighted)
    {
        using var scope = NewDisposeScope();
        Tensor x = Seeded.Normal(1, [2, 5, 48]);
        Tensor? weight = weighted ? Seeded.Normal(2, [48]) : null;
        Tensor expected = x / (x.square().mean([-1], keepdim: true) + 1e-6).sqrt();
        if (weight is not null) expected *= weight;
        Assert.True(Operators.RmsNorm(x, weight, 1e-6).allclose(expected, atol: 1e-6));
    }

    [Fact]
    public void A_wrong_shape_is_an_exception_and_not_the_end_of_the_process()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InferenceException>(() => Operators.RmsNorm(Seeded.Normal(1, [2, 5]), Seeded.Normal(2, [4]), 1e-6));
    }

    [Fact]
    public void Calls_by_name_leave_no_tensor_behind()
    {
        using Tensor x = Seeded.Normal(1, [3, 8]), weight = Seeded.Normal(2, [8]);
        long before = LiveTensors.Before();
        for (int i = 0; i < 100; i++) Operators.RmsNorm(x, weight, 1e-6).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
