using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.TextEncoder;

[Collection(Alone.Name)]
public class GemmaEncoderTests
{
    private static readonly long[] Text = [2, 300, 41, 77, 500, 123, 9, 310];

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Padding_makes_no_nan_and_changes_nothing_else(ScalarType type)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        using GemmaEncoder model = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, type);
        Tensor ids = tensor(Text).unsqueeze(0);
        IReadOnlyList<Tensor> plain = model.Forward(ids, ones_like(ids));
        // More padding than the sliding window is long.
        int padding = model.Config.SlidingWindow + 3;
        Tensor left = cat([zeros(1, padding, ScalarType.Int64), ids], 1);
        IReadOnlyList<Tensor> padded = model.Forward(left, cat([zeros(1, padding, ScalarType.Int64), ones_like(ids)], 1));
        Assert.Equal(model.Config.Layers + 1, padded.Count);
        foreach ((Tensor expected, Tensor actual) in plain.Zip(padded))
        {
            Assert.True(actual.isfinite().all().item<bool>());
            double error = (actual.narrow(1, padding, Text.Length) - expected).to(ScalarType.Float32).norm().item<float>() / expected.to(ScalarType.Float32).norm().item<float>();
            // The positions differ by the padding, which the rotation turns into rounding.
            Assert.True(error < (type == ScalarType.Float32 ? 1e-5 : 3e-2), $"{error}");
        }
        // A text of padding only.
        Assert.True(model.Forward(ids, zeros_like(ids))[^1].isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cached_and_uncached_generation_write_the_same(bool sample)
    {
        using GemmaEncoder model = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.Float32);
        // Without stop tokens it outgrows the sliding window.
        GemmaGenerator generator = new(model, GenerationConfig.Read(GemmaFolder.Golden) with { StopTokens = new HashSet<int>() });
        GenerationSettings settings = new(sample, Temperature: 1.5, MaxTokens: model.Config.SlidingWindow, Seed: 7);
        int[] prompt = [.. Text.Select(id => (int)id)];
        IReadOnlyList<int> cached = generator.Generate(prompt, settings, CancellationToken.None);
        Assert.Equal(settings.MaxTokens, cached.Count);
        Assert.Equal(generator.Generate(prompt, settings, CancellationToken.None, cached: false), cached);
        if (sample) Assert.NotEqual(generator.Generate(prompt, settings with { Seed = 8, MaxTokens = 8 }, CancellationToken.None), cached.Take(8));
    }

    [Fact]
    public void Generation_ends_at_a_stop_token_and_when_it_is_cancelled()
    {
        using GemmaEncoder model = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.Float32);
        GenerationConfig config = GenerationConfig.Read(GemmaFolder.Golden);
        Assert.Equal([1, 6], config.StopTokens.Order());
        int[] prompt = [.. Text.Select(id => (int)id)];
        GenerationSettings greedy = new(Sample: false, MaxTokens: 5);
        IReadOnlyList<int> free = new GemmaGenerator(model, config).Generate(prompt, greedy, CancellationToken.None);
        IReadOnlyList<int> stopped = new GemmaGenerator(model, config with { StopTokens = new HashSet<int> { free[0] } }).Generate(prompt, greedy, CancellationToken.None);
        Assert.Equal([free[0]], stopped);
        Assert.Throws<OperationCanceledException>(() => new GemmaGenerator(model, config).Generate(prompt, greedy, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Nothing_is_left_after_encoding_and_after_disposing()
    {
        using ModelParts parts = new();
        long before = LiveTensors.Before();
        using (PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32))
        {
            long built = Tensor.TotalCount;
            using (PromptContext context = encoder.Encode(["a red ball", ""])) Assert.Equal(built + 2, Tensor.TotalCount);
            Assert.Equal(built, Tensor.TotalCount);
            encoder.Answer("Be brief.", "a red ball", new GenerationSettings(MaxTokens: 3), CancellationToken.None);
            // The output head stays.
            Assert.Equal(built + 1, Tensor.TotalCount);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void The_model_that_the_repository_carries_encodes_prompts()
    {
        using ModelParts parts = new(Repository.Miniature);
        using PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.BFloat16);
        using PromptContext context = encoder.Encode(["a red ball", "blurry"]);
        foreach (Tensor part in (Tensor[])[context.Video, context.Audio])
        {
            Assert.Equal([2, GemmaTokenizer.PromptLength], part.shape[..2]);
            using Tensor finite = part.isfinite().all();
            Assert.True(finite.item<bool>());
        }
    }

    [Theory]
    [InlineData("language_model.model.")]
    [InlineData("model.language_model.")]
    [InlineData("model.")]
    public void The_language_model_is_found_under_each_of_its_names(string prefix)
    {
        using GemmaFolder folder = new();
        folder.WriteOneFile(name => name.Replace("language_model.model.", prefix, StringComparison.Ordinal));
        using GemmaEncoder renamed = new(GemmaFolder.ModelOf(folder.Path), CPU, ScalarType.Float32), original = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.Float32);
        using var scope = NewDisposeScope();
        Tensor ids = tensor(Text).unsqueeze(0);
        Assert.True(renamed.Forward(ids, ones_like(ids))[^1].equal(original.Forward(ids, ones_like(ids))[^1]).all().item<bool>());
    }

    [Fact]
    public void Missing_wrong_and_unknown_tensors_are_named()
    {
        const string Name = "language_model.model.layers.3.mlp.up_proj.weight";
        long before = LiveTensors.Before();
        Broken(folder => folder.WriteOneFile(name => name == Name ? null : name), Name);
        Broken(folder => folder.WriteOneFile(name => name == Name ? "language_model.model.more.weight" : name == "vision_tower.more" ? Name : name), Name);
        Broken(folder => folder.ChangeConfig(config => config["text_config"]!["intermediate_size"] = 95), "[96,48]");
        Broken(folder => folder.ChangeConfig(config => config["text_config"]!["num_hidden_layers"] = 6), "language_model.model.layers.6.");
        Broken(folder => folder.ChangeConfig(config => config["text_config"]!["vocab_size"] = 700), "embed_tokens.weight");
        Broken(folder => folder.WriteOneFile(name => name.Replace("embed_tokens", "embed", StringComparison.Ordinal)), "embed_tokens.weight");
        Broken(folder => Directory.GetFiles(folder.Path, "*.safetensors*").ToList().ForEach(File.Delete), "safetensors");
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static void Broken(Action<GemmaFolder> damage, string named)
    {
        using GemmaFolder folder = new();
        damage(folder);
        Assert.Contains(named, Assert.Throws<WeightsException>(() => new GemmaEncoder(GemmaFolder.ModelOf(folder.Path), CPU, ScalarType.Float32).Dispose()).Message, StringComparison.Ordinal);
    }
}
