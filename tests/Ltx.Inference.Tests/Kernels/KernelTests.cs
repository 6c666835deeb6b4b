using System.Security.Cryptography;
using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Kernels;

/// <summary>
/// Every kernel against its plain twin: the same function, computed in float32 from the same numbers. What differs is the rounding of the result, and in
/// float32 the order of sums. All of it three times, with a block's threads in another order each time, and the same bits.
/// </summary>
public sealed class KernelTests(KernelTests.Compiled compiled) : IClassFixture<KernelTests.Compiled>, IDisposable
{
    private const double Epsilon = 1e-6;

    private readonly DisposeScope scope = NewDisposeScope();

    /// <summary>Compiled once for all of them.</summary>
    public sealed class Compiled : IDisposable
    {
        internal CpuKernels Kernels { get; } = new();

        public void Dispose() => Kernels.Dispose();
    }

    public void Dispose() => scope.Dispose();

    // Tokens, features; the last ones are no whole packs of eight, and a single number.
    public static TheoryData<long, long> Rows => new() { { 3, 4096 }, { 5, 2048 }, { 1, 128 }, { 7, 130 }, { 2, 6 }, { 4, 1 } };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Norm_and_modulation(long tokens, long width)
    {
        Tensor x = Numbers(1, tokens, width).unsqueeze(0);
        foreach (LevelTable table in Tables(tokens, width))
        {
            LevelTable wide = Widened(table);
            Same(() => Modulations.NormModulate(x, table, 1, 0, Epsilon), () => Modulations.NormModulate(x.@float(), wide, 1, 0, Epsilon));
            Same(() => Modulations.Modulate(x, table, 2, 1), () => Modulations.Modulate(x.@float(), wide, 2, 1));
            Same(() => Modulations.NormModulate(x, table, (1, 0), (2, 3), Epsilon).First, () => Modulations.NormModulate(x.@float(), wide, 1, 0, Epsilon));
            Same(() => Modulations.NormModulate(x, table, (1, 0), (2, 3), Epsilon).Second, () => Modulations.NormModulate(x.@float(), wide, 2, 3, Epsilon));
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Gate_and_sum(long tokens, long width)
    {
        Tensor x = Numbers(1, tokens, width).unsqueeze(0), y = Numbers(2, tokens, width).unsqueeze(0);
        foreach (LevelTable table in Tables(tokens, width)) Same(() => Modulations.AddGated(x, y, table, 3), () => Modulations.AddGated(x.@float(), y.@float(), Widened(table), 3));
    }

    [Theory]
    [InlineData(2, 3, 32, 64, false)]
    [InlineData(1, 5, 32, 32, false)]
    [InlineData(1, 2, 3, 12, false)]
    [InlineData(1, 3, 2, 1, false)]
    [InlineData(1, 3, 4, 16, true)]
    [InlineData(2, 2, 3, 5, true)]
    [InlineData(1, 1, 1, 1, true)]
    public void Norm_and_rotation(long batch, long tokens, long heads, long half, bool interleaved)
    {
        Tensor x = Numbers(1, tokens, batch * heads * 2 * half).view(batch, tokens, -1), weight = Numbers(2, 1, heads * 2 * half).view(-1);
        // The angles of all clips of a batch, and of one for all.
        foreach (long tables in (long[])[batch, 1])
        {
            // As elementwise operators may leave them in memory: not in the order of their dimensions.
            Tensor angles = Seeded.Normal(3, [tables, heads, tokens, half]).transpose(1, 2), cos = angles.cos().bfloat16(), sin = angles.sin().bfloat16();
            Same(
                () => FusedKernels.For(x)!.Value.NormRotate(x, weight, Epsilon, cos, sin, interleaved),
                () => new RotaryTable(cos.@float(), sin.@float(), interleaved).Rotate(Operators.RmsNorm(x.@float(), weight.@float(), Epsilon)));
        }
    }

    [Theory]
    [InlineData(3, 32, 128)]
    [InlineData(2, 32, 64)]
    [InlineData(1, 3, 5)]
    public void Heads_and_their_gates(long tokens, long heads, long features)
    {
        Tensor x = Numbers(1, tokens, heads * features), logits = Numbers(2, tokens, heads);
        Same(
            () => FusedKernels.For(x)!.Value.GateHeads(x, logits),
            () => (x.@float().view(tokens, heads, features) * (2 * logits.@float().sigmoid()).unsqueeze(-1)).view(tokens, -1));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2049)]
    [InlineData(2, 4096)]
    public void Gelu(long tokens, long width)
    {
        Tensor x = Numbers(1, tokens, width);
        Same(() => FusedKernels.For(x)!.Value.Gelu(x), () => nn.functional.gelu(x.@float(), TorchSharp.Modules.GELU.Approximate.tanh));
    }

    [Theory]
    [InlineData(1, 128, 2, 3, 5)]
    [InlineData(2, 512, 1, 3, 3)]
    [InlineData(1, 1024, 1, 1, 1)]
    [InlineData(1, 8, 3, 7, 11)]
    [InlineData(1, 12, 2, 3, 3)]
    public void Position_norm_and_silu_into_a_longer_clip(long batch, long channels, long frames, long height, long width)
    {
        Tensor x = ChannelsLast.Of(Numbers(1, frames * height * width, batch * channels).view(batch, channels, frames, height, width));
        Same(
            () =>
            {
                Tensor padded = ChannelsLast.Empty(x, frames + 2).fill_(7);
                PixelNorm.VideoSilu(x, padded.narrow(2, 1, frames));
                Assert.True(cat([padded.narrow(2, 0, 1), padded.narrow(2, frames + 1, 1)]).eq(7).all().item<bool>());
                return padded.narrow(2, 1, frames).contiguous();
            },
            () => nn.functional.silu(PixelNorm.Forward(x.@float(), PixelNorm.VideoEpsilon)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Rows_in_float8(long rows, long width)
    {
        Tensor x = Numbers(1, rows, width);
        LevelTable table = Tables(rows, width)[1];
        SameRounded(fused => fused.QuantizeRows(x), () => x.@float());
        SameRounded(fused => fused.QuantizeRows(x, activated: true), () => nn.functional.gelu(x.@float(), TorchSharp.Modules.GELU.Approximate.tanh));
        SameRounded(fused => fused.QuantizeModulated(x, table, 1, 0, Epsilon), () => Modulations.NormModulate(x.@float().unsqueeze(0), Widened(table), 1, 0, Epsilon)[0]);
    }

    [Fact]
    public void Every_number_of_float8_is_rounded_as_libtorch_rounds_it()
    {
        // All of bfloat16 below the largest, in rows that keep their scale; a reciprocal of one is exact.
        float[] all = [.. Enumerable.Range(0, 0x8000).Select(bits => BitConverter.Int32BitsToSingle(bits << 16)).Where(number => number <= Float8.Largest).Append((float)Float8.Largest)];
        Tensor x = tensor(all.Concat(all.Select(number => -number)).ToArray()).view(2, -1).bfloat16();
        (Tensor values, Tensor scales) = Run(() => FusedKernels.For(x)!.Value.QuantizeRows(x), ThreadOrder.Forwards);
        Assert.True(scales.eq(1).all().item<bool>());
        Assert.True(values.bytes.SequenceEqual(x.to(Float8.Type).bytes));
    }

    [Theory]
    [InlineData(3, 4096, 1)]
    [InlineData(2, 130, 2)]
    public void Low_rank_parts_into_a_weight(long rows, long width, int parts)
    {
        Tensor pristine = Seeded.Normal(1, [rows, width]).bfloat16(), finite = ones(1, ScalarType.Bool);
        (Tensor, double)[] deltas = [.. Enumerable.Range(0, parts).Select(part => (Seeded.Normal((ulong)part + 2, [rows, width]), 0.25 * (part + 1)))];
        Same(
            () => FusedKernels.For(pristine)!.Value.Merge(pristine, deltas, finite),
            () => deltas.Aggregate(pristine.@float(), (sum, part) => sum.add(part.Item1, alpha: (float)part.Item2)));
        Assert.True(finite.item<bool>());
        deltas[0].Item1[rows - 1, width - 1] = float.NaN;
        Run(() => FusedKernels.For(pristine)!.Value.Merge(pristine, deltas, finite), ThreadOrder.Forwards);
        Assert.False(finite.item<bool>());
    }

    [Fact]
    public void As_many_tokens_as_the_largest_request_has()
    {
        const int Tokens = 65280, Width = 128, Step = 4001;
        Tensor x = Seeded.Normal(1, [1, Tokens, Width]).bfloat16(), seen = arange(0, Tokens, Step);
        LevelTable table = Tables(Tokens, Width)[1];
        using IDisposable _ = KernelLaunchers.Use(DeviceType.CPU, compiled.Kernels.Launcher(ThreadOrder.Forwards, Step));
        Tensor fused = Modulations.NormModulate(x, table, 1, 0, Epsilon).index_select(1, seen);
        Near(fused, Modulations.NormModulate(x.@float(), Widened(table), 1, 0, Epsilon).index_select(1, seen));
    }

    [Fact]
    public void The_programs_code_is_made_of_these_sources()
    {
        byte[] sources = [.. new[] { "*.h", "*.cu" }.SelectMany(kind => Directory.GetFiles(CpuKernels.Sources, kind).Order(StringComparer.Ordinal)).SelectMany(File.ReadAllBytes)];
        Assert.True(
            KernelModule.Instance.Sources == Convert.ToHexStringLower(SHA256.HashData(sources)),
            "kernels.ptx was made of other sources: run src/Ltx.Inference/Kernels/Cuda/build, and commit what it writes.");
        Assert.Equal(8, KernelModule.Instance.Names.Count);
    }

    [Fact]
    public void Every_kernel_takes_sixteen_bytes_at_once()
    {
        string[] kernels = KernelModule.Instance.Text.Split(".visible .entry ")[1..];
        Assert.All(kernels, kernel => Assert.Matches(@"ld\.global(\.nc)?\.v4", kernel));
        // Of float8, eight numbers are eight bytes.
        Assert.All(kernels.Where(kernel => !kernel.StartsWith("quantize_rows(", StringComparison.Ordinal)), kernel => Assert.Contains("st.global.v4", kernel, StringComparison.Ordinal));
        Assert.DoesNotContain("call", KernelModule.Instance.Text, StringComparison.Ordinal);
    }

    // Small numbers and large, rows of zeros, infinities and what is no number: each in a row of its own, so that the others can be told apart.
    private static Tensor Numbers(ulong seed, long tokens, long width)
    {
        Tensor x = Seeded.Normal(seed, [tokens, width]);
        if (tokens > 2)
        {
            x[1] *= 1e-30f;
            x[2, width / 2] = 3e38f;
        }
        if (tokens > 3) x[3] = 0;
        if (tokens > 4) x[4, width - 1] = float.NaN;
        if (tokens > 5) x[5, 0] = float.PositiveInfinity;
        return x.bfloat16();
    }

    // Of four rows: one level for all tokens, and several.
    private static LevelTable[] Tables(long tokens, long width)
    {
        Tensor own = Seeded.Normal(9, [4, width]).bfloat16();
        return
        [
            new(Seeded.Normal(8, [1, 4, width]).bfloat16(), own, null),
            new(Seeded.Normal(8, [3, 4, width]).bfloat16(), own, arange(tokens, ScalarType.Int64).remainder(3)),
        ];
    }

    private static LevelTable Widened(LevelTable table) => table with { Levels = table.Levels.@float(), Table = table.Table.@float() };

    private T Run<T>(Func<T> fused, ThreadOrder order)
    {
        using IDisposable _ = KernelLaunchers.Use(DeviceType.CPU, compiled.Kernels.Launcher(order));
        return fused();
    }

    private void Same(Func<Tensor> fused, Func<Tensor> plain)
    {
        Tensor result = Run(fused, ThreadOrder.Forwards);
        Near(result, plain());
        foreach (ThreadOrder order in (ThreadOrder[])[ThreadOrder.Backwards, ThreadOrder.Shuffled])
        {
            Assert.True(Run(fused, order).bytes.SequenceEqual(result.bytes), $"Other bits with threads {order}.");
        }
    }

    // To half of bfloat16's last bit, a little more for float32's own, and where float32 ends bfloat16 does.
    private static void Near(Tensor fused, Tensor expected)
    {
        Assert.Equal(expected.shape, fused.shape);
        Assert.Equal(ScalarType.BFloat16, fused.dtype);
        Tensor rounded = expected.bfloat16().@float(), got = fused.@float();
        Assert.True(got.isnan().eq(rounded.isnan()).all().item<bool>(), "NaN elsewhere");
        Tensor near = (got - expected).abs() <= expected.abs() * 0.00393f + 2e-5f;
        Tensor far = (got - expected).abs().masked_select(~(near | got.eq(rounded) | rounded.isnan()));
        Assert.True(far.numel() == 0, far.numel() == 0 ? "" : $"{far.numel()} numbers are up to {far.max().item<float>()} away");
    }

    private void SameRounded(Func<FusedKernels, (Tensor Values, Tensor Scales)> fused, Func<Tensor> plain)
    {
        FusedKernels Kernels() => FusedKernels.For(zeros(1, ScalarType.BFloat16))!.Value;
        (Tensor values, Tensor scales) = Run(() => fused(Kernels()), ThreadOrder.Forwards);
        (Tensor twin, Tensor twinScales) = Float8.QuantizeRows(plain());
        Assert.True(scales.isnan().eq(twinScales.isnan()).all().item<bool>());
        Assert.True((scales.nan_to_num() - twinScales.nan_to_num()).abs().le(1e-5 * twinScales.nan_to_num().abs() + 1e-30).logical_or(scales.eq(twinScales)).all().item<bool>());
        // NaN, and zero, have a sign in either. Others are neighbours at most, and few of them: what lies in the middle of two goes either way by the last
        // bit of float32.
        const int Size = 0x7f;
        byte[] got = values.bytes.ToArray(), expected = twin.bytes.ToArray();
        Assert.All(got.Zip(expected), pair => Assert.True((pair.First & Size) + (pair.Second & Size) <= 1 || Math.Abs(pair.First - pair.Second) <= 1 || ((pair.First & pair.Second & Size) == Size)));
        Assert.True(got.Zip(expected).Count(pair => pair.First != pair.Second && (pair.First & Size) is not (0 or Size)) <= got.Length / 50);
        foreach (ThreadOrder order in (ThreadOrder[])[ThreadOrder.Backwards, ThreadOrder.Shuffled])
        {
            (Tensor again, Tensor againScales) = Run(() => fused(Kernels()), order);
            Assert.True(again.bytes.SequenceEqual(values.bytes));
            Assert.True(againScales.bytes.SequenceEqual(scales.bytes));
        }
    }
}
