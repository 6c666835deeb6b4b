using Ltx.Inference.Latents;
using Ltx.Inference.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Latents;

[Fast]
public sealed class LatentStateTests : IDisposable
{
    private const double Rate = 24;

    private static readonly VideoScale Scale = new(8, 32, 32);
    private static readonly LatentShape Shape = new(3, 1, 2);
    private static readonly VideoTarget Target = new(Shape, Scale, Rate);

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Conditionings_without_a_strength_of_attention_make_no_mask() =>
        Assert.Null(Apply(new ReferenceCondition(Picture(1)), new KeyframeCondition(Picture(1), 8)).Groups);

    [Fact]
    public void References_see_the_target_as_strongly_as_they_say_themselves_fully_and_each_other_not()
    {
        LatentState state = Apply(new ReferenceCondition(Picture(1), Attention: 0.4), new ReferenceCondition(Picture(1), Attention: 0.7), new KeyframeCondition(Picture(1), 8));
        //               target  first  second  third (which says nothing and is seen freely)
        AssertBlocks(state, [[1, 0.4f, 0.7f, 1], [0.4f, 1, 0, 0], [0.7f, 0, 1, 0], [1, 0, 0, 1]]);
    }

    [Fact]
    public void Those_from_before_the_first_strength_go_on_to_see_each_other()
    {
        LatentState state = Apply(new ReferenceCondition(Picture(1)), new ReferenceCondition(Picture(1)), new ReferenceCondition(Picture(1), Attention: 0.25));
        AssertBlocks(state, [[1, 1, 1, 0.25f], [1, 1, 1, 0], [1, 1, 1, 0], [0.25f, 0, 0, 1]]);
    }

    [Fact]
    public void A_reference_is_put_behind_the_target_and_kept_by_its_strength()
    {
        LatentState state = Apply(new ReferenceCondition(Picture(2), Strength: 0.75));
        Assert.Equal(Shape.Tokens, state.TargetTokens);
        Assert.Equal([1, Shape.Tokens + 4, 3], state.Latent.shape);
        Assert.Equal([.. Enumerable.Repeat(1f, Shape.Tokens), .. Enumerable.Repeat(0.25f, 4)], state.DenoiseMask.data<float>().ToArray());
        Assert.True(state.Clean.narrow(1, Shape.Tokens, 4).equal(Patchifier.VideoTokens(Picture(2))).all().item<bool>());
        Assert.Equal(0, state.Latent.narrow(1, Shape.Tokens, 4).abs().sum().item<float>());
        // At full strength its content is what the model sees from the first step on.
        LatentState noised = Apply(new ReferenceCondition(Picture(2))).WithNoise(Seeded.Normal(1, [1, Shape.Tokens + 4, 3]), 1);
        Assert.True(noised.Latent.narrow(1, Shape.Tokens, 4).equal(noised.Clean.narrow(1, Shape.Tokens, 4)).all().item<bool>());
        Assert.False(noised.Latent.narrow(1, 0, Shape.Tokens).equal(noised.Clean.narrow(1, 0, Shape.Tokens)).any().item<bool>());
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(8, 1, 8, 9)]
    [InlineData(13, 1, 13, 14)]
    [InlineData(0, 9, 0, 1)]
    [InlineData(16, 9, 16, 24)]
    public void A_keyframe_lies_at_its_frame_and_a_picture_lasts_one(int frame, int pixelFrames, double begin, double end)
    {
        LatentState state = Apply(new KeyframeCondition(Picture(1), frame, PixelFrames: pixelFrames));
        float[] time = state.Positions[0, 0, Shape.Tokens].data<float>().ToArray();
        Assert.Equal(begin / Rate, time[0], 1e-6);
        Assert.Equal(end / Rate, time[1], 1e-6);
        // The second cell of its row.
        Assert.Equal([32, 64], state.Positions[0, 2, Shape.Tokens + 1].data<float>().ToArray());
    }

    [Fact]
    public void A_smaller_and_slower_reference_covers_the_same_picture_and_time()
    {
        LatentState small = Apply(new ReferenceCondition(Picture(1), Downscale: 2));
        Assert.Equal([64, 128], small.Positions[0, 2, Shape.Tokens + 1].data<float>().ToArray());
        // Two latent frames at half the rate: frame 0, then 16 frames that end with the target's seventeenth.
        LatentState slow = Apply(new ReferenceCondition(Picture(2), TemporalScale: 2));
        float[] last = slow.Positions[0, 0, Shape.Tokens + 3].data<float>().ToArray();
        Assert.Equal(17 / Rate, last[1], 1e-6);
        Assert.Equal(1 / Rate, last[0], 1e-6);
    }

    [Fact]
    public void A_latent_frame_is_set_where_it_says_and_nowhere_else()
    {
        Tensor content = Picture(1);
        LatentState state = Apply(new LatentFrameCondition(content, 1, 0.75));
        Assert.Equal(Shape.Tokens, state.Clean.shape[1]);
        Assert.Equal([1, 1, 0.25f, 0.25f, 1, 1], state.DenoiseMask.data<float>().ToArray());
        Assert.True(state.Clean.narrow(1, 2, 2).equal(Patchifier.VideoTokens(content)).all().item<bool>());
        Assert.Equal(0, state.Clean.narrow(1, 0, 2).abs().sum().item<float>() + state.Clean.narrow(1, 4, 2).abs().sum().item<float>());
    }

    [Fact]
    public void A_latent_frame_that_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Apply(new LatentFrameCondition(Picture(1), 3)));
        Assert.Throws<ArgumentException>(() => Apply(new LatentFrameCondition(Picture(1), -1)));
        Assert.Throws<ArgumentException>(() => Apply(new LatentFrameCondition(Picture(2), 2)));
        Assert.Throws<ArgumentException>(() => Apply(new LatentFrameCondition(zeros([1, 3, 1, 2, 2]), 0)));
    }

    [Fact]
    public void A_mask_keeps_its_cells_and_noises_the_others()
    {
        Tensor content = Picture(3), keep = tensor(new float[] { 1, 0, 0, 1, 1, 1 }).view(1, 3, 1, 2);
        LatentState state = Apply(new MaskCondition(content, keep));
        Assert.Equal([0, 1, 1, 0, 0, 0], state.DenoiseMask.data<float>().ToArray());
        LatentState noised = state.WithNoise(Seeded.Normal(1, [1, Shape.Tokens, 3]), 0.9);
        Tensor kept = noised.Latent.eq(Patchifier.VideoTokens(content)).to(ScalarType.Float32).mean([-1]);
        Assert.Equal([1, 0, 0, 1, 1, 1], kept.data<float>().ToArray());
        Assert.Equal([0.5f, 1, 1, 0.5f, 0.5f, 0.5f], Apply(new MaskCondition(content, keep, 0.5)).DenoiseMask.data<float>().ToArray());
    }

    [Fact]
    public void Noise_is_mixed_in_by_the_first_level()
    {
        Tensor tokens = Seeded.Normal(1, [1, 6, 3]), noise = Seeded.Normal(2, [1, 6, 3]);
        LatentState state = LatentState.Initial(tokens, zeros(1, 3, 6, 2));
        Assert.True(state.WithNoise(noise, 1).Latent.equal(noise).all().item<bool>());
        Assert.True(state.WithNoise(noise, 0.909375).Latent.allclose(tokens * (1 - 0.909375) + noise * 0.909375, 1e-5, 1e-6));
    }

    private static LatentState Apply(params ICondition[] conditions) => conditions.Aggregate(
        LatentState.Initial(zeros(1, Shape.Tokens, 3), TokenPositions.Video(Shape, Scale, Rate, CPU)), (state, condition) => condition.Apply(state, Target));

    // As wide and high as the target.
    private static Tensor Picture(int frames) => arange(1, 1 + 3 * frames * 2, dtype: ScalarType.Float32).view(1, 3, frames, 1, 2);

    // One number for each pair of conditionings; the target comes first.
    private static void AssertBlocks(LatentState state, float[][] wanted)
    {
        int[] sizes = [state.TargetTokens, .. Enumerable.Repeat(2, wanted.Length - 1)];
        int[] block = [.. sizes.SelectMany((size, i) => Enumerable.Repeat(i, size))];
        Tensor strength = MaskedAttention.Strength(state.Groups!);
        Assert.Equal([1, block.Length, block.Length], strength.shape);
        float[] expected = [.. block.SelectMany(from => block.Select(to => wanted[from][to]))];
        Assert.Equal(expected, strength.data<float>().ToArray());
    }
}
