using Ltx.Inference.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

[Fast]
public sealed class RotaryEmbeddingTests : IDisposable
{
    private const int Heads = 2, Features = 32, Tokens = 5;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Rotation_keeps_lengths_and_products_depend_on_distance_only()
    {
        RotaryEmbedding rope = new(Features, Heads, 10000, [20], doublePrecision: true);
        Tensor q = Seeded.Normal(1, [1, 1, Features]), k = Seeded.Normal(2, [1, 1, Features]);
        Tensor At(Tensor x, double position) => rope.At(tensor(new[] { (float)position }).view(1, 1, 1), ScalarType.Float32).Rotate(x);
        Assert.True(At(q, 7).norm().isclose(q.norm(), 1e-5).item<bool>());
        // Low positions: the highest frequency turns ten thousand times as fast as the lowest, and float32 angles have so many digits.
        Tensor near = (At(q, 0.5) * At(k, 0.25)).sum(-1), far = (At(q, 1.5) * At(k, 1.25)).sum(-1);
        Assert.True(near.allclose(far, 1e-2, 1e-2));
        Assert.False(near.allclose((At(q, 1.5) * At(k, 0.25)).sum(-1), 1e-2, 1e-2));
    }

    [Fact]
    public void What_the_axes_do_not_fill_turns_by_nothing_and_lies_in_front()
    {
        // 32 features, 3 axes: 5 frequencies each fill 15 of 16 pairs.
        RotaryTable table = new RotaryEmbedding(Features, Heads, 10000, [20, 2048, 2048], doublePrecision: true).At(Seeded.Uniform(1, [1, 3, Tokens]), ScalarType.Float32);
        Assert.Equal([1, Tokens, Heads, Features / Heads / 2], table.Cos.shape);
        Assert.True(table.Cos[0, .., 0, 0].eq(1).all().item<bool>());
        Assert.True(table.Sin[0, .., 0, 0].eq(0).all().item<bool>());
        Assert.False(table.Sin[0, .., 1, 0].eq(0).any().item<bool>());
    }

    [Fact]
    public void Attention_over_what_was_turned_comes_token_after_token()
    {
        RotaryTable table = new RotaryEmbedding(Features, Heads, 10000, [20], doublePrecision: true).At(Seeded.Uniform(1, [1, 1, Tokens]), ScalarType.Float32);
        Tensor turned = table.Rotate(Seeded.Normal(2, [1, Tokens, Features]));
        Assert.True(turned.is_contiguous());
        // [B, T, H*D] -> [B, H, T, D]
        turned = turned.view(1, Tokens, Heads, -1).transpose(1, 2);
        Assert.True(nn.functional.scaled_dot_product_attention(turned, turned, turned).transpose(1, 2).is_contiguous());
    }

    [Fact]
    public void Halves_of_a_head_are_turned_against_each_other()
    {
        // One frequency, pi / 2, at the position where the fraction is 1: a quarter turn.
        RotaryTable table = new RotaryEmbedding(2, 1, 10000, [1], doublePrecision: true).At(ones(1, 1, 1), ScalarType.Float32);
        Assert.True(table.Rotate(tensor(new[] { 3f, 4f }).view(1, 1, 2)).allclose(tensor(new[] { -4f, 3f }).view(1, 1, 2), 1e-6, 1e-6));
    }

    [Fact]
    public void Neighbours_are_turned_against_each_other_where_the_pairs_are_interleaved()
    {
        // All heads in one row: every frequency stands for two neighbours, and what the axes do not fill lies in front. Computed here without a table.
        double[] maxima = [20, 2048, 2048], position = [3, 500, 1700];
        float[] x = Seeded.Normal(1, [Features]).data<float>().ToArray(), expected = new float[Features];
        int frequencies = Features / 2 / maxima.Length, missing = Features / 2 - frequencies * maxima.Length;
        for (int pair = 0; pair < Features / 2; pair++)
        {
            (int frequency, int axis) = Math.DivRem(pair - missing, maxima.Length);
            double angle = pair < missing ? 0 : Math.Pow(10000, frequency / (frequencies - 1.0)) * Math.PI / 2 * (2 * position[axis] / maxima[axis] - 1);
            expected[2 * pair] = (float)(x[2 * pair] * Math.Cos(angle) - x[2 * pair + 1] * Math.Sin(angle));
            expected[2 * pair + 1] = (float)(x[2 * pair + 1] * Math.Cos(angle) + x[2 * pair] * Math.Sin(angle));
        }
        RotaryEmbedding rope = new(Features, Heads, 10000, [20, 2048, 2048], doublePrecision: true, interleaved: true);
        Tensor turned = rope.At(tensor(position.Select(axis => (float)axis).ToArray()).view(1, 3, 1), ScalarType.Float32).Rotate(tensor(x).view(1, 1, Features));
        Assert.Equal([1, 1, Features], turned.shape);
        // The highest frequency turns by thousands, of which float32 leaves three digits behind the point.
        Assert.True(turned.flatten().allclose(tensor(expected), 1e-2, 1e-2));
        Assert.False(new RotaryEmbedding(Features, Heads, 10000, [20, 2048, 2048], doublePrecision: true).At(tensor(position.Select(axis => (float)axis).ToArray()).view(1, 3, 1), ScalarType.Float32)
            .Rotate(tensor(x).view(1, 1, Features)).flatten().allclose(tensor(expected), 1e-2, 1e-2));
    }
}
