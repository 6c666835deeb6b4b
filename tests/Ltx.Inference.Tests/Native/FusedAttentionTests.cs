using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Native;

[Fast]
[Collection(Alone.Name)]
public sealed class FusedAttentionTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float64, 5, 9, 16, 1e-6)]
    [InlineData(ScalarType.Float32, 5, 9, 16, 1e-6)]
    [InlineData(ScalarType.Float32, 1, 1, 12, 1e-6)]
    [InlineData(ScalarType.Float32, 70, 131, 64, 1e-6)]
    [InlineData(ScalarType.BFloat16, 70, 131, 64, 5e-3)]
    public void Kernel_and_plain_form_give_the_formula_and_its_log_sum_exp(ScalarType type, long tokens, long seen, long features, double tolerance)
    {
        Tensor q = Given(1, tokens, features, type), k = Given(2, seen, features, type), v = Given(3, seen, features, type);
        Tensor logits = einsum("bhtd,bhsd->bhts", q.to(ScalarType.Float64), k.to(ScalarType.Float64)) / Math.Sqrt(features);
        Tensor expected = einsum("bhts,bhsd->bhtd", logits.softmax(-1), v.to(ScalarType.Float64)), sums = logits.logsumexp(-1, keepdim: true);
        // One row, some rows and all of them at a time.
        long row = q.size(0) * q.size(1) * seen;
        PartialAttention[] forms =
        [
            FusedAttention.AttendWithLogSumExp(q, k, v),
            FusedAttention.Plain(q, k, v, 1), FusedAttention.Plain(q, k, v, 3 * row), FusedAttention.Plain(q, k, v, 1 << 26),
        ];
        foreach (PartialAttention form in forms)
        {
            Assert.Equal((type, type.AtLeastFloat32()), (form.Result.dtype, form.LogSumExp.dtype));
            Assert.Equal(expected.shape, form.Result.shape);
            Assert.Equal(sums.shape, form.LogSumExp.shape);
            // Token after token, as the queries are.
            Assert.True(form.Result.transpose(1, 2).is_contiguous());
            Assert.InRange(Error(form.Result, expected), 0, tolerance);
            // Numbers within a kernel are float32 whatever the type is.
            Assert.InRange(Error(form.LogSumExp, sums), 0, 1e-5);
        }
    }

    [Fact]
    public void Where_there_is_no_memory_shapes_and_layout_are_those_of_a_card()
    {
        MetaKernels.Load();
        Tensor On(long tokens) => empty([1, tokens, 4, 8], ScalarType.BFloat16, META).transpose(1, 2);
        PartialAttention attended = FusedAttention.AttendWithLogSumExp(On(40).narrow(2, 3, 6), On(9), On(9));
        Assert.Equal([1, 4, 6, 8], attended.Result.shape);
        Assert.Equal([1, 4, 6, 1], attended.LogSumExp.shape);
        Assert.Equal((ScalarType.BFloat16, ScalarType.Float32), (attended.Result.dtype, attended.LogSumExp.dtype));
        Assert.True(attended.Result.transpose(1, 2).is_contiguous());
    }

    [Theory]
    [InlineData(1, 90, 91501, ScalarType.BFloat16, 128, 1020, 3)]
    [InlineData(1, 100, 100000, ScalarType.Float16, 64, 2, 3)]
    [InlineData(2, 103, 91501, ScalarType.BFloat16, 8, 1020, 3)]
    // Another card, an old cuDNN, none, and what cuDNN does not take.
    [InlineData(1, 89, 91501, ScalarType.BFloat16, 128, 1020, 1)]
    [InlineData(1, 120, 91501, ScalarType.BFloat16, 128, 1020, 1)]
    [InlineData(1, 90, 91500, ScalarType.BFloat16, 128, 1020, 1)]
    [InlineData(1, 90, 0, ScalarType.BFloat16, 128, 1020, 1)]
    [InlineData(2, 90, 91501, ScalarType.Float32, 128, 1020, 2)]
    [InlineData(1, 90, 91501, ScalarType.BFloat16, 256, 1020, 1)]
    [InlineData(1, 90, 91501, ScalarType.BFloat16, 20, 1020, 1)]
    [InlineData(1, 90, 91501, ScalarType.BFloat16, 128, 1, 1)]
    // The chooser's own.
    [InlineData(3, 90, 91500, ScalarType.BFloat16, 128, 1020, 3)]
    public void Cudnn_is_taken_where_it_is_faster_and_right(
        int chosen, int capability, ulong version, ScalarType type, long features, long keys, int taken)
    {
        CudnnVersion? cudnn = version == 0 ? null : new CudnnVersion(version);
        Assert.Equal((AttentionBackend)taken, AttentionChoice.Better((AttentionBackend)chosen, capability, cudnn, type, features, keys));
    }

    [Fact]
    public void Calls_by_name_leave_no_tensor_behind()
    {
        MetaKernels.Load();
        Tensor x = Given(1, 6, 16, ScalarType.Float32), shape = empty([1, 2, 6, 16], ScalarType.BFloat16, META), into = empty_like(x);
        long before = LiveTensors.Before();
        for (int i = 0; i < 100; i++)
        {
            foreach (Tensor given in new[] { x, shape })
            {
                PartialAttention attended = FusedAttention.AttendWithLogSumExp(given, given, given);
                attended.Result.Dispose();
                attended.LogSumExp.Dispose();
            }
            Operators.Multiply(x, x, into);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void A_product_of_two_types_is_computed_in_the_wider_one_and_written_where_it_shall_be()
    {
        // In bfloat16 the second factor would be 1.0078125, and the product 121.
        Tensor x = tensor(new[] { 1f, 120f }).to(ScalarType.BFloat16), y = tensor(new[] { 0.5f, 1.0115f });
        Tensor all = zeros([4], ScalarType.BFloat16);
        Operators.Multiply(x, y, all.narrow(0, 1, 2));
        Assert.True(all.equal(cat([zeros(1), tensor(new[] { 0.5f, 121.5f }), zeros(1)]).to(ScalarType.BFloat16)).all().item<bool>());
    }

    // [2, T, H, D] -> [2, H, T, D]
    private static Tensor Given(ulong seed, long tokens, long features, ScalarType type) =>
        Seeded.Normal(seed, [2, tokens, 3, features]).to(type).transpose(1, 2);

    private static double Error(Tensor actual, Tensor expected) =>
        ((actual.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>();
}
