using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Native;

public sealed class TensorValuesTests
{
    [Fact]
    public void Numbers_come_in_the_order_of_the_shape_whatever_lies_in_memory()
    {
        using var scope = NewDisposeScope();
        Tensor x = arange(6, ScalarType.Float32).view(2, 3);
        Assert.Equal([0, 1, 2, 3, 4, 5], x.ToArray<float>());
        Assert.Equal([0, 3, 1, 4, 2, 5], x.t().ToArray<float>());
        Assert.Equal([1, 4], x.select(1, 1).ToArray<float>());
        Assert.Equal([false, true], (x[.., 0] > 0).ToArray<bool>());
        Assert.Equal([2.5], tensor(2.5).ToArray<double>());
        Assert.Empty(zeros(0, 3).ToArray<float>());
    }
}
