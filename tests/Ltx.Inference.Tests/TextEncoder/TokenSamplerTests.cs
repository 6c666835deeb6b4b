using Ltx.Inference.TextEncoder;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.TextEncoder;

public sealed class TokenSamplerTests
{
    private const double Temperature = 0.7;

    [Theory]
    [InlineData(1000, 64, 0.95, 300)]
    [InlineData(1000, 64, null, 300)]
    [InlineData(1000, null, 0.95, 300)]
    [InlineData(50, 64, 0.9, 300)]
    // Gemma 3's vocabulary.
    [InlineData(262_208, 64, 0.95, 10)]
    public void Tokens_are_those_of_the_whole_vocabulary_drawn_by_multinomial(int vocabulary, int? topK, double? topP, int draws)
    {
        using var scope = NewDisposeScope();
        using Generator numbers = new(3, CPU), plain = new(5, CPU);
        using TokenSampler sampler = new(new GenerationSettings(Temperature: Temperature, Seed: 5), Config(topK, topP));
        for (int i = 0; i < draws; i++)
        {
            using var inner = NewDisposeScope();
            // Rounded, so that tokens share a place.
            Tensor logits = (randn([1, vocabulary], ScalarType.Float32, generator: numbers) * 12).round() / 4;
            Assert.Equal(Plain(logits[0], topK, topP, plain), sampler.Next(logits));
        }
    }

    [Fact]
    public void Without_drawing_it_is_the_most_probable()
    {
        using Tensor logits = tensor(new float[] { 0.5f, 3, -1 }).unsqueeze(0);
        using TokenSampler sampler = new(new GenerationSettings(Sample: false), Config(64, 0.95));
        Assert.Equal(1, sampler.Next(logits));
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_an_error()
    {
        using Tensor logits = tensor(new[] { 0.5f, float.NaN }).unsqueeze(0);
        using TokenSampler sampler = new(new GenerationSettings(), Config(64, 0.95));
        Assert.Throws<InferenceException>(() => sampler.Next(logits));
    }

    private static int Plain(Tensor logits, int? topK, double? topP, Generator generator)
    {
        Tensor scores = logits / Temperature;
        if (topK is { } k && k < scores.shape[0]) scores = scores.masked_fill(scores < scores.topk(k).values[-1], double.NegativeInfinity);
        if (topP is { } p)
        {
            (Tensor ascending, Tensor order) = scores.sort(-1, descending: false, stable: true);
            Tensor surplus = ascending.softmax(-1).cumsum(-1) <= 1 - p;
            surplus[-1] = false;
            scores = scores.masked_fill(zeros_like(surplus).scatter(0, order, surplus), double.NegativeInfinity);
        }
        return (int)multinomial(scores.softmax(-1), 1, replacement: false, generator).item<long>();
    }

    private static GenerationConfig Config(int? topK, double? topP) => new(new HashSet<int> { 0 }, topK, topP);
}
