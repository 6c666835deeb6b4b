using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

/// <summary>Attention among groups without a mask, held to that with a number for every pair of tokens.</summary>
[Fast]
[Collection(Alone.Name)]
public sealed class GroupedAttentionTests : IDisposable
{
    private const int Heads = 3, HeadFeatures = 16;

    private static readonly Dictionary<string, TokenGroups> Cases = new()
    {
        ["a reference"] = Reference(37, 37, 0.3),
        ["a longer target"] = Reference(67, 5, 0.4),
        ["a reference that is not seen"] = Reference(19, 11, 0),
        ["one that is hardly seen"] = Reference(19, 11, 1e-4),
        ["a strength below all normal numbers"] = Reference(19, 11, 1e-40),
        ["one that is seen freely"] = Reference(19, 11, 1),
        ["one token each"] = Reference(1, 1, 0.3),
        ["one token and many"] = Reference(1, 40, 0.3),
        ["one token alone"] = new([1], new double[,] { { 1 } }),
        ["several references"] = new([33, 7, 12, 1, 20], new[,]
        {
            { 1, 0.4, 0.7, 1, 0.05 }, { 0.4, 1, 0, 0, 0 }, { 0.7, 0, 1, 0, 0 }, { 1, 0, 0, 1, 0 }, { 0.05, 0, 0, 0, 1 },
        }),
        ["those from before the first strength"] = new([21, 6, 6, 9], new[,]
        {
            { 1, 1, 1, 0.25 }, { 1, 1, 1, 0 }, { 1, 1, 1, 0 }, { 0.25, 0, 0, 1 },
        }),
        ["neighbours of one strength"] = new([21, 6, 9], new[,] { { 1, 0.5, 0.5 }, { 0.5, 1, 0 }, { 0.5, 0, 1 } }),
        ["themselves less than others"] = new([8, 9], new[,] { { 0.2, 1 }, { 1, 0.6 } }),
        ["all alike and not freely"] = new([8, 9], new[,] { { 0.2, 0.2 }, { 0.2, 0.2 } }),
        ["some that see nothing"] = new([10, 3, 7], new[,] { { 1, 0, 0.3 }, { 0, 0, 0 }, { 0.3, 0, 1 } }),
        ["nobody sees anything"] = new([10, 3], new double[,] { { 0, 0 }, { 0, 0 } }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_attention_with_a_mask(string name)
    {
        TokenGroups groups = Cases[name];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.Float32);
        Tensor expected = MaskedAttention.Attend(q, k, v, groups), actual = GroupedAttention.Attend(q, k, v, groups);
        Assert.Equal((expected.dtype, 0L), (actual.dtype, actual.isfinite().logical_not().sum().item<long>()));
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange(Error(actual, expected), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void In_bfloat16_it_is_as_near_to_exact_numbers_as_with_a_mask(string name)
    {
        TokenGroups groups = Cases[name];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.BFloat16);
        Tensor exact = MaskedAttention.Attend(q.to(ScalarType.Float64), k.to(ScalarType.Float64), v.to(ScalarType.Float64), groups);
        // Each run's result is rounded, and so are their sums.
        Assert.InRange(Error(GroupedAttention.Attend(q, k, v, groups), exact), 0, 2 * Error(MaskedAttention.Attend(q, k, v, groups), exact));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(3000)]
    [InlineData(1e6)]
    public void Large_logits_overflow_nowhere(double size)
    {
        TokenGroups groups = Cases["several references"];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.Float32);
        (q, k) = (q * Math.Sqrt(size), k * Math.Sqrt(size));
        Tensor expected = MaskedAttention.Attend(q, k, v, groups), actual = GroupedAttention.Attend(q, k, v, groups);
        Assert.True(actual.isfinite().all().item<bool>());
        Tensor exact = MaskedAttention.Attend(q.to(ScalarType.Float64), k.to(ScalarType.Float64), v.to(ScalarType.Float64), groups);
        Assert.InRange(Error(actual, exact), 0, 2 * Error(expected, exact) + 1e-6);
    }

    [Theory]
    [InlineData(1e-30, 0.5)]
    [InlineData(1e-45, 0.5)]
    [InlineData(0, 0)]
    public void A_strength_below_all_normal_numbers_counts_as_the_smallest_of_them_and_none_as_none(double strength, double leastShare)
    {
        // The reference's logit is 90, the target's 0; values are 1 and 0, so that the result is the reference's share.
        TokenGroups groups = Reference(1, 1, strength);
        Tensor q = full([1, 1, 2, HeadFeatures], Math.Sqrt(90 / Math.Sqrt(HeadFeatures))), v = zeros_like(q), k = zeros_like(q);
        k[.., .., 1] = q[.., .., 1];
        v[.., .., 1] = ones(1);
        Tensor expected = MaskedAttention.Attend(q, k, v, groups), actual = GroupedAttention.Attend(q, k, v, groups);
        Assert.True(actual.allclose(expected, 0, 1e-5));
        Assert.InRange(actual[0, 0, 0, 0].item<float>(), leastShare, 1);
    }

    [Fact]
    public void In_float64_it_is_exact()
    {
        TokenGroups groups = Cases["several references"];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.Float64);
        Tensor actual = GroupedAttention.Attend(q, k, v, groups);
        Assert.Equal(ScalarType.Float64, actual.dtype);
        // Strengths of the form with a mask are float32.
        Assert.InRange(Error(actual, MaskedAttention.Attend(q, k, v, groups)), 0, 1e-8);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("one that is seen freely")]
    [InlineData("all alike and not freely")]
    public void Where_all_are_seen_alike_it_is_the_plain_call_to_the_last_bit(string? name)
    {
        TokenGroups? groups = name is null ? null : Cases[name];
        (Tensor q, Tensor k, Tensor v) = Given(groups ?? Cases["a reference"], ScalarType.Float32);
        Assert.True(GroupedAttention.Attend(q, k, v, groups).equal(nn.functional.scaled_dot_product_attention(q, k, v)).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Heads_come_side_by_side_without_a_copy(string name)
    {
        TokenGroups groups = Cases[name];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.BFloat16);
        foreach (TokenGroups? given in new[] { groups, null })
        {
            Tensor attended = GroupedAttention.Attend(q, k, v, given), joined = attended.transpose(1, 2).flatten(2);
            Assert.Equal(Address(attended), Address(joined));
            Assert.True(joined.is_contiguous());
        }
    }

    [Fact]
    public void Groups_of_other_tokens_are_refused()
    {
        (Tensor q, Tensor k, Tensor v) = Given(Cases["a reference"], ScalarType.Float32);
        Assert.Throws<ArgumentException>(() => GroupedAttention.Attend(q, k, v, Cases["a longer target"]));
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        TokenGroups groups = Cases["some that see nothing"];
        (Tensor q, Tensor k, Tensor v) = Given(groups, ScalarType.Float32);
        long before = LiveTensors.Before();
        GroupedAttention.Attend(q, k, v, groups).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static TokenGroups Reference(long target, long reference, double strength) =>
        new TokenGroups([target], new double[,] { { 1 } }).With(reference, _ => strength);

    // [2, T, H, D] -> [2, H, T, D], as projections give them; queries and keys alike enough that some weights are large.
    private static (Tensor Q, Tensor K, Tensor V) Given(TokenGroups groups, ScalarType type)
    {
        Tensor Random(ulong seed) => Seeded.Normal(seed, [2, groups.Tokens, Heads, HeadFeatures]).to(type).transpose(1, 2);
        return (Random(1) * 2, Random(2), Random(3));
    }

    private static double Error(Tensor actual, Tensor expected) =>
        ((actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).norm() / expected.to(ScalarType.Float64).norm()).item<double>();

    private static nint Address(Tensor tensor)
    {
        StableInterface.Check(StableInterface.GetDataPointer(tensor.Handle, out nint address), "get_data_ptr");
        return address;
    }
}
