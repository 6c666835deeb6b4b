using Ltx.Inference.Expansion;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Tests.Generation;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Expansion;

/// <summary>The engine with a Gemma that writes what the test has built into it.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class PromptExpanderTests
{
    private const string Prompt = "a red disc";

    [Fact]
    public void What_is_encoded_is_the_expansion_and_the_noise_is_the_same()
    {
        using ChainGemma gemma = new(Repository.Miniature, ChainGemma.Fluent);
        using InpaintPipeline pipeline = new(ModelFolder.Open(gemma.Path), CPU, ScalarType.Float32);
        InpaintRequest request = MiniatureClip.Request(height: 64, width: 64);
        Dictionary<string, Tensor> expanded = [], given = [];
        InpaintReport report = Run(pipeline, request, expanded), plain = Run(pipeline, request.With(p => p with { Prompt = "a red disc glides", ExpandPrompt = false }), []);
        Assert.StartsWith("A red disc ", report.Prompt, StringComparison.Ordinal);
        Assert.EndsWith(" fades.", report.Prompt, StringComparison.Ordinal);
        Assert.Contains("The prompt was expanded.", report.Notes);
        Assert.Contains(report.Stages.Single(stage => stage.Stage == InpaintStage.Prompt.Name()).Parts, part => part.Stage == RunParts.Expansion);
        Assert.Equal("a red disc glides", plain.Prompt);
        Assert.DoesNotContain(plain.Notes, note => note.Contains("expan", StringComparison.Ordinal));

        // The same text given as a prompt gives the same contexts and, from the same noise, the same clip to the last bit.
        InpaintReport again = Run(pipeline, request.With(p => p with { Prompt = report.Prompt, ExpandPrompt = false }), given);
        Assert.Equal(report.Prompt, again.Prompt);
        foreach (string name in (string[])["context.video", "context.audio", "stage1.video", "stage2.video"]) Assert.True(expanded[name].equal(given[name]).all().item<bool>(), name);
        using (PromptContext context = Encoded(gemma.Path, report.Prompt)) Assert.True(context.Video.equal(expanded["context.video"]).all().item<bool>());
        using (PromptContext context = Encoded(gemma.Path, Prompt)) Assert.False(context.Video.equal(expanded["context.video"]).all().item<bool>());
        foreach (Tensor tensor in expanded.Values.Concat(given.Values)) tensor.Dispose();
    }

    [Fact]
    public void The_seed_chooses_the_text()
    {
        using ChainGemma gemma = new(Repository.Miniature, ChainGemma.Fluent);
        using ModelParts parts = new(gemma.Path);
        using PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32);
        PromptExpander expander = new(encoder);
        string[] Texts() => [.. Enumerable.Range(0, 8).Select(seed => expander.Expand(Prompt, withSound: true, seed, allowed: null, TestContext.Current.CancellationToken).Prompt)];
        string[] first = Texts(), second = Texts();
        Assert.Equal(first, second);
        Assert.InRange(first.Distinct().Count(), 2, 8);

        ExpandedPrompt refused = expander.Expand(Prompt, true, 0, text => !text.Contains("waves", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(new ExpandedPrompt(Prompt, "The expansion of the prompt holds what this server refuses; the prompt is used as it is."), refused);
        Assert.Equal("", expander.Expand("", true, 0, null, TestContext.Current.CancellationToken).Prompt);
        ExpandedPrompt long_ = expander.Expand(string.Concat(Enumerable.Repeat("blue triangle, ", 2000)), true, 0, null, TestContext.Current.CancellationToken);
        Assert.Contains("needs no expansion", long_.Note, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => expander.Expand(Prompt, true, 0, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Cached_and_uncached_answers_are_the_same()
    {
        using ChainGemma gemma = new(Repository.Miniature, ChainGemma.Fluent);
        using GemmaEncoder model = new(GemmaFolder.ModelOf(Path.Combine(gemma.Path, "gemma")), CPU, ScalarType.Float32);
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(Path.Combine(gemma.Path, "gemma", GemmaTokenizer.FileName));
        GemmaGenerator generator = new(model, GenerationConfig.Read(Path.Combine(gemma.Path, "gemma")));
        IReadOnlyList<int> chat = tokenizer.Encode(ChatTemplate.Render(ExpansionInstruction.Text(withSound: true), Prompt), addBos: false);
        GenerationSettings settings = new(Seed: 3);
        IReadOnlyList<int> cached = generator.Generate(chat, settings, CancellationToken.None);
        Assert.Equal(generator.Generate(chat, settings, CancellationToken.None, cached: false), cached);
        Assert.EndsWith(" fades.", tokenizer.Decode(cached), StringComparison.Ordinal);
    }

    private static InpaintReport Run(InpaintPipeline pipeline, InpaintRequest request, Dictionary<string, Tensor> seen) =>
        pipeline.Run(request, new RecordedClip(), progress: null, contexts: null, (name, tensor) => seen[name] = tensor.clone().DetachFromDisposeScope(), TestContext.Current.CancellationToken);

    private static PromptContext Encoded(string model, string prompt)
    {
        using ModelParts parts = new(model);
        using PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32);
        return encoder.Encode([prompt]);
    }
}
