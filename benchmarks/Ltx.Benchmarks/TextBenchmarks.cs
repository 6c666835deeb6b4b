using BenchmarkDotNet.Attributes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>From a prompt to what the transformer reads.</summary>
public class TextBenchmarks
{
    private const string Prompt = "A weathered fishing boat with peeling blue paint rests on the wet sand at low tide, gulls circling above, soft light of an overcast morning.";

    private Checkpoint checkpoint = null!;
    private PromptEncoder encoder = null!;
    private Tensor logits = null!;
    private TokenSampler sampler = null!;

    [GlobalSetup]
    public void Setup()
    {
        checkpoint = Miniature.OpenCheckpoint();
        encoder = new PromptEncoder(Miniature.Folder, checkpoint, CPU, ScalarType.Float32);
        // Gemma 3's vocabulary, and what its generation_config.json says.
        logits = randn(1, 262208).DetachFromDisposeScope();
        sampler = new TokenSampler(new GenerationSettings(), new GenerationConfig(new HashSet<int>(), TopK: 64, TopP: 0.95));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        sampler.Dispose();
        logits.Dispose();
        encoder.Dispose();
        checkpoint.Dispose();
    }

    [Benchmark(Description = "open the tokenizer")]
    public object OpenTokenizer() => GemmaTokenizer.Open(Path.Combine(Miniature.Folder.TextEncoder, GemmaTokenizer.FileName));

    [Benchmark(Description = "tokenize a prompt")]
    public object Tokenize() => encoder.Tokenizer.EncodePrompt(Prompt);

    [Benchmark(Description = "chat template")]
    public string ChatTemplateText() => ChatTemplate.Render(Prompt, Prompt);

    [Benchmark(Description = "draw a token of 262,208")]
    public int Draw() => sampler.Next(logits);

    [Benchmark(Description = "encode a prompt: Gemma and connectors, 1024 tokens")]
    public void Encode() => encoder.Encode([Prompt]).Dispose();
}
