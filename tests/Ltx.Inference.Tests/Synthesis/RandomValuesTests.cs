using System.Runtime.InteropServices;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Synthesis;

[Fast]
public sealed class RandomValuesTests
{
    [Fact]
    public void They_are_normally_distributed_with_the_deviation_of_the_role()
    {
        ExpectedTensor tensor = new("a.weight", ElementType.Float32, [1024, 256], TensorRole.Weight);
        float[] values = new float[tensor.Elements];
        new RandomValues(0).Fill(tensor, 0, MemoryMarshal.AsBytes(values.AsSpan()));

        double mean = values.Average(value => (double)value), deviation = Math.Sqrt(values.Average(value => (double)value * value));
        // 262,144 draws: their mean strays by a 512th of the deviation, 1/16.
        Assert.InRange(mean, -0.001, 0.001);
        Assert.InRange(deviation, (1 / 16.0) - 0.001, (1 / 16.0) + 0.001);
        // 31.73 % of a normal distribution lie beyond one deviation, 0.27 % beyond three.
        Assert.InRange(values.Count(value => Math.Abs(value) > 1 / 16f) / (double)values.Length, 0.312, 0.322);
        Assert.InRange(values.Count(value => Math.Abs(value) > 3 / 16f) / (double)values.Length, 0.0022, 0.0032);
    }

    [Fact]
    public void They_depend_on_seed_name_and_place_alone()
    {
        ExpectedTensor tensor = new("a.weight", ElementType.BFloat16, [4096], TensorRole.Bias);
        byte[] Draw(long seed, string name, long first)
        {
            byte[] bytes = new byte[8192];
            new RandomValues(seed).Fill(tensor with { Name = name }, first, bytes);
            return bytes;
        }

        Assert.Equal(Draw(1, "a", 0), Draw(1, "a", 0));
        Assert.NotEqual(Draw(1, "a", 0), Draw(2, "a", 0));
        Assert.NotEqual(Draw(1, "a", 0), Draw(1, "b", 0));
        Assert.NotEqual(Draw(1, "a", 0), Draw(1, "a", RandomValues.Granularity));
    }

    [Fact]
    public void Float8_rounds_to_the_nearest_of_all_numbers_that_it_has()
    {
        // Every finite code, decoded by the definition of E4M3.
        static float Decode(int code) => (code >> 3) switch
        {
            0 => (code & 7) * MathF.Pow(2, -9),
            int exponent => (1 + ((code & 7) / 8f)) * MathF.Pow(2, exponent - 7),
        };
        for (int code = 0; code < 0x7F; code++)
        {
            Assert.Equal(code, SmallFloats.ToE4M3(Decode(code)));
            Assert.Equal(code | 0x80, SmallFloats.ToE4M3(-Decode(code)));
            if (code == 0x7E) continue;
            float middle = (Decode(code) + Decode(code + 1)) / 2;
            Assert.Equal(code, SmallFloats.ToE4M3(MathF.BitDecrement(middle)));
            Assert.Equal(code + 1, SmallFloats.ToE4M3(MathF.BitIncrement(middle)));
            Assert.Equal(code + (code & 1), SmallFloats.ToE4M3(middle));
        }
        Assert.Equal(0x7E, SmallFloats.ToE4M3(1e9f));
    }

    [Fact]
    public void BFloat16_rounds_as_libtorch_does()
    {
        float[] values = [0, 1, -1, 1.00390625f, 1.01171875f, 3.14159265f, -2.71828f, 1e-20f, 3.0e38f];
        using TorchSharp.torch.Tensor expected = TorchSharp.torch.tensor(values).to(TorchSharp.torch.ScalarType.BFloat16).to(TorchSharp.torch.ScalarType.Float32);

        Assert.Equal(expected.data<float>().ToArray(), values.Select(value => BitConverter.UInt32BitsToSingle((uint)SmallFloats.ToBFloat16(value) << 16)));
    }
}
