using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer;

/// <summary>Facts of a pass that no golden shows: two passes of which one input differs.</summary>
public sealed class LtxTransformerTests : IDisposable
{
    private const int Target = 8, Reference = 4, AudioTokens = 3;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ModelParts parts = new();
    private readonly LtxTransformer transformer;
    private readonly StreamInput video, audio;

    public LtxTransformerTests()
    {
        transformer = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.Float32);
        TransformerConfig config = transformer.Config;
        using Generator generator = new(5);
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        VideoScale scale = new(8, 32, 32);
        Tensor positions = cat([TokenPositions.Video(new LatentShape(2, 2, 2), scale, 24, CPU), TokenPositions.Video(new LatentShape(1, 2, 2), scale, 24, CPU)], 2);
        Tensor mask = cat([ones(1, Target, 1), full([1, 2, 1], 0.25f), zeros(1, 2, 1)], 1);
        video = new StreamInput(
            Random(1, Target + Reference, config.Video.InChannels), 0.7, TokenLevels.Of(mask).Times(0.7), transformer.VideoGeometry(positions), Random(1, 16, config.Video.ContextFeatures));
        audio = new StreamInput(
            Random(1, AudioTokens, config.Audio.InChannels), 0.7, TokenLevels.Uniform(0.7), transformer.AudioGeometry(TokenPositions.Audio(AudioTokens, new AudioScale(16000, 160, 4), CPU)),
            Random(1, 16, config.Audio.ContextFeatures));
    }

    public void Dispose()
    {
        transformer.Dispose();
        parts.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Levels_that_tokens_share_give_what_a_level_for_each_token_gives()
    {
        Assert.Equal(3, video.Levels.Values.Length);
        double[] each = [.. video.Levels.Index!.data<long>().ToArray().Select(i => video.Levels.Values[i])];
        TokenLevels apart = new(each, arange(each.Length, ScalarType.Int64));
        TokenLevels apartAudio = new([.. Enumerable.Repeat(0.7, AudioTokens)], arange(AudioTokens, ScalarType.Int64));
        (Tensor Video, Tensor Audio) shared = Pass(video, audio), computed = Pass(video with { Levels = apart }, audio with { Levels = apartAudio });
        // A product over more rows may round differently, and nothing else.
        AssertNear(computed.Video, shared.Video);
        AssertNear(computed.Audio, shared.Audio);
    }

    [Fact]
    public void The_level_of_each_token_matters()
    {
        double[] values = [.. video.Levels.Values];
        values[1] = 0.3;
        AssertFar(Pass(video, audio).Video, Pass(video with { Levels = video.Levels with { Values = values } }, audio).Video);
    }

    [Fact]
    public void A_reference_that_may_not_be_looked_at_changes_nothing()
    {
        StreamInput blind = video with { Groups = new TokenGroups([Target, Reference], new double[,] { { 1, 0 }, { 0, 1 } }) };
        Tensor other = cat([video.Latent.narrow(1, 0, Target), Seeded.Normal(1, [1, Reference, video.Latent.shape[2]])], 1);
        // What the reference says through the sound would still be heard, so the streams are kept apart.
        Perturbations apart = Perturbations.None with { CrossAttention = true };
        Tensor Velocity(StreamInput input) => transformer.Forward(input, audio, apart).Video.narrow(1, 0, Target);
        Assert.True(Velocity(blind).equal(Velocity(blind with { Latent = other })).all().item<bool>());
        AssertFar(Velocity(video), Velocity(video with { Latent = other }));
    }

    [Fact]
    public void Streams_kept_apart_do_not_hear_each_other()
    {
        StreamInput loud = audio with { Latent = audio.Latent * 3 };
        Perturbations apart = Perturbations.None with { CrossAttention = true };
        Assert.True(transformer.Forward(video, audio, apart).Video.equal(transformer.Forward(video, loud, apart).Video).all().item<bool>());
        AssertFar(Pass(video, audio).Video, Pass(video, loud).Video);
    }

    [Fact]
    public void Each_perturbed_block_counts_and_only_in_its_own_stream()
    {
        Perturbations Of(int[] videoBlocks, int[] audioBlocks) => new(videoBlocks.ToHashSet(), audioBlocks.ToHashSet(), true);
        Tensor plain = transformer.Forward(video, audio, Of([], [])).Video;
        AssertFar(plain, transformer.Forward(video, audio, Of([1], [])).Video);
        Assert.True(plain.equal(transformer.Forward(video, audio, Of([], [1])).Video).all().item<bool>());
        Assert.True(plain.equal(transformer.Forward(video, audio, Of([99], [])).Video).all().item<bool>());
    }

    [Fact]
    public void A_pass_is_repeated_bit_by_bit() => Assert.True(Pass(video, audio).Video.equal(Pass(video, audio).Video).all().item<bool>());

    private (Tensor Video, Tensor Audio) Pass(StreamInput videoInput, StreamInput audioInput) => transformer.Forward(videoInput, audioInput, Perturbations.None);

    private static double Difference(Tensor actual, Tensor expected) => ((actual - expected).norm() / expected.norm()).item<float>();

    private static void AssertNear(Tensor expected, Tensor actual) => Assert.InRange(Difference(actual, expected), 0, 1e-6);

    private static void AssertFar(Tensor expected, Tensor actual) => Assert.True(Difference(actual, expected) > 1e-4);
}
