using System.Runtime.InteropServices;
using Ltx.Parity.Goldens;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Parity;

[Fast]
public class TorchNormalTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(1000)]
    [InlineData(4096)]
    public void Numbers_are_those_of_torch(int count)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(20230, CPU);
        // What is left over behind whole blocks of 16 is drawn anew, with 16 numbers more.
        const int before = 100;
        Tensor skipped = randn([before], generator: generator), expected = randn([count], generator: generator);
        double[] drawn = new TorchNormal(20230).Draw(before + 16, count);
        Assert.Equal(MemoryMarshal.Cast<byte, float>(expected.bytes).ToArray().Select(value => (double)value), drawn, (a, b) => Math.Abs(a - b) < 1e-5);
    }
}
