using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Sampling;

public sealed class GuidanceTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Without_guidance_the_plain_prediction_comes_back_exactly()
    {
        Tensor plain = Seeded.Normal(1, [1, 4, 3]);
        Assert.True(Guidance.Combine(GuidanceParameters.None, plain, Seeded.Normal(2, [1, 4, 3]), Seeded.Normal(3, [1, 4, 3]), Seeded.Normal(4, [1, 4, 3])).equal(plain).all().item<bool>());
    }

    [Fact]
    public void Every_push_is_away_from_its_own_prediction()
    {
        Tensor plain = Seeded.Normal(1, [1, 4, 3]), negative = Seeded.Normal(2, [1, 4, 3]), perturbed = Seeded.Normal(3, [1, 4, 3]), isolated = Seeded.Normal(4, [1, 4, 3]);
        Tensor guided = Guidance.Combine(new GuidanceParameters(Text: 3, Perturbed: 0.5, Modality: 2), plain, negative, perturbed, isolated);
        Assert.True(guided.allclose(plain + 2 * (plain - negative) + 0.5 * (plain - perturbed) + (plain - isolated), 1e-5, 1e-5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.45)]
    [InlineData(1)]
    public void Rescaling_brings_the_deviation_back_to_the_plain_one(double rescale)
    {
        Tensor plain = Seeded.Normal(1, [1, 40, 3]), negative = Seeded.Normal(2, [1, 40, 3]), unscaled = plain + 4 * (plain - negative);
        Tensor guided = Guidance.Combine(new GuidanceParameters(Text: 5, Rescale: rescale), plain, negative, null, null);
        double expected = rescale * plain.std().item<float>() + (1 - rescale) * unscaled.std().item<float>();
        Assert.Equal(expected, guided.std().item<float>(), 1e-4);
    }

    [Fact]
    public void A_denoiser_makes_the_passes_that_guidance_needs_and_a_negative_prompt_is_not_forgotten()
    {
        using ModelParts parts = new();
        using LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32);
        TransformerConfig config = transformer.Config;
        LatentState video = LatentState.Initial(zeros(1, 4, config.Video.InChannels), zeros(1, 3, 4, 2)), audio = LatentState.Initial(zeros(1, 2, config.Audio.InChannels), zeros(1, 1, 2, 2));
        PromptContext context = new(zeros(1, 8, config.Video.ContextFeatures), zeros(1, 8, config.Audio.ContextFeatures));
        int Passes(GuidanceParameters? guidance, PromptContext? negative)
        {
            using GuidedDenoiser denoiser = new(transformer, video, audio, context, negative, guidance);
            return denoiser.PassesPerEvaluation;
        }

        Assert.Equal(1, Passes(null, null));
        Assert.Equal(1, Passes(new GuidanceParameters(Text: 1, Rescale: 0.45), context));
        Assert.Equal(2, Passes(new GuidanceParameters(Text: 3), context));
        Assert.Equal(4, Passes(new GuidanceParameters(Text: 3, Perturbed: 1, PerturbedBlocks: [1], Modality: 3), context));
        Assert.Throws<ArgumentException>(() => Passes(new GuidanceParameters(Text: 3), null));
    }
}
