using System.Runtime.InteropServices;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Lora;

public sealed class LoraMergerTests : IDisposable
{
    private const string Query = "transformer_blocks.1.attn1.to_q", Key = "transformer_blocks.0.attn1.to_k", Prefix = "diffusion_model.";

    private readonly LoraFolder folder = new();
    private readonly ModelParts parts = new();
    private readonly LtxTransformer transformer;
    private readonly LoraMerger merger;

    public LoraMergerTests()
    {
        // The checkpoint's own type, so that weights look into the file.
        transformer = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.BFloat16);
        merger = new LoraMerger(transformer.Weights);
    }

    public void Dispose()
    {
        transformer.Dispose();
        parts.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(-1)]
    public void Strength_times_alpha_over_rank_times_the_product_is_added(double strength)
    {
        using var scope = NewDisposeScope();
        using LtxTransformer exact = new(parts.Checkpoint, CPU, ScalarType.Float32);
        long size = exact.Linears[Query].InFeatures;
        Tensor down = Seeded.Normal(1, [3, size]), up = Seeded.Normal(2, [size, 3]), before = exact.Linears[Query].Weight.Tensors[0].clone();
        using LoraFile file = LoraFile.Open(folder.Write("a.safetensors",
            [(Prefix + Query + ".lora_A.weight", [3, size], down.data<float>().ToArray()), (Prefix + Query + ".lora_B.weight", [size, 3], up.data<float>().ToArray()), (Prefix + Query + ".alpha", [], [6])]));
        new LoraMerger(exact.Weights).Use([new LoraUse(file, strength)]);
        Assert.True(exact.Linears[Query].Weight.Tensors[0].allclose(before + strength * 2 * up.mm(down), 1e-5, 1e-5));
        Assert.True(exact.Linears[Query].IsMerged);
        Assert.False(exact.Linears[Key].IsMerged);
    }

    [Fact]
    public void The_result_does_not_depend_on_what_was_merged_before()
    {
        using LoraFile a = Open("a", Query, 0.01f), b = Open("b", Query, 0.3f), c = Open("c", Key, 0.2f);
        LoraUse[] wanted = [new(a, 0.7), new(c, 0.3)];
        merger.Use(wanted);
        byte[][] first = Weights();
        foreach (LoraUse[] between in (LoraUse[][])[[], [new(b, 1)], [new(a, 0.2)], [new(b, 1), new(a, 1)], [new(c, -3)]])
        {
            merger.Use(between);
            Assert.NotEqual(first, Weights());
            merger.Use(wanted);
            Assert.Equal(first, Weights());
        }
    }

    [Fact]
    public void Switched_off_every_layer_looks_into_the_file_again()
    {
        nint[] mapped = Addresses();
        byte[][] pristine = Weights();
        using LoraFile a = Open("a", Query, 0.01f);
        merger.Use([new LoraUse(a, 1)]);
        Assert.NotEqual(mapped, Addresses());
        merger.Use([]);
        Assert.Equal(mapped, Addresses());
        Assert.Equal(pristine, Weights());
        // A strength of nothing is no LoRA.
        merger.Use([new LoraUse(a, 0)]);
        Assert.Equal(mapped, Addresses());
        Assert.DoesNotContain(transformer.Linears.Values, linear => linear.IsMerged);
    }

    [Fact]
    public void The_same_set_is_not_merged_again_and_a_file_that_changed_is()
    {
        string path = folder.Write("a.safetensors", [Part(Query, 0.01f)]);
        nint merged;
        using (LoraFile file = LoraFile.Open(path))
        {
            merger.Use([new LoraUse(file, 1)]);
            merged = ForeignMemory.Address(transformer.Linears[Query].Weight.Tensors[0]);
        }
        using (LoraFile file = LoraFile.Open(path))
        {
            merger.Use([new LoraUse(file, 1)]);
            Assert.Equal(merged, ForeignMemory.Address(transformer.Linears[Query].Weight.Tensors[0]));
        }
        byte[][] before = Weights();
        folder.Write("a.safetensors", [Part(Query, 0.5f)]);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(5));
        using (LoraFile file = LoraFile.Open(path))
        {
            merger.Use([new LoraUse(file, 1)]);
            Assert.NotEqual(before, Weights());
        }
    }

    [Fact]
    public void A_layer_whose_sum_stays_is_not_written_again()
    {
        using LoraFile a = Open("a", Query, 0.01f), b = Open("b", Key, 0.3f);
        nint Address(string layer) => ForeignMemory.Address(transformer.Linears[layer].Weight.Tensors[0]);
        merger.Use([new LoraUse(a, 0.5), new LoraUse(b, 0.25)]);
        (nint query, nint key) = (Address(Query), Address(Key));
        byte[][] before = Weights();
        // Held, so that new memory cannot lie where the old one did.
        using Tensor held = transformer.Linears[Key].Weight.Tensors[0].alias();
        merger.Use([new LoraUse(a, 0.5), new LoraUse(b, 0.5)]);
        Assert.Equal(query, Address(Query));
        Assert.NotEqual(key, Address(Key));
        Assert.Equal(before[0], Weights()[0]);
        Assert.NotEqual(before[1], Weights()[1]);
    }

    [Fact]
    public void What_found_no_layer_is_reported_and_the_rest_is_used()
    {
        using LoraFile file = folder.Open("a.safetensors", [Part(Query, 0.01f), LoraPart.Filled("text_encoder.q", 4, 4)]);
        LoraMatch match = merger.Match(file);
        Assert.Equal(("a.safetensors", 1), (match.Name, match.Matched));
        Assert.Equal(["text_encoder.q"], match.Unmatched);
        using LoraFile more = LoraFile.Open(folder.Write("b.safetensors",
            [.. new[] { Query, "text_encoder.q" }.SelectMany(layer => new (string, long[], float[])[] { (Prefix + layer + ".lora_A.weight", [1, 64], new float[64]), (Prefix + layer + ".lora_B.weight", [64, 1], new float[64]) }), ("emb.token", [1], [1])],
            ("lora_alpha", "2")));
        Assert.Equal(
            $"LoRA b.safetensors: 1 modules matched, 2 match no layer (the first is \"{Prefix}text_encoder.q\"); its metadata state alpha 2, which is used.", merger.Match(more).Sentence);
        merger.Use([new LoraUse(file, 1)]);
        Assert.True(transformer.Linears[Query].IsMerged);
    }

    [Fact]
    public void One_that_matches_nothing_is_refused_with_its_first_keys()
    {
        using LoraFile file = folder.Open("flux.safetensors", [.. Enumerable.Range(0, 5).Select(i => LoraPart.Filled($"double_blocks.{i}.qkv", 4, 4))]);
        WeightsException refused = Assert.Throws<WeightsException>(() => merger.Match(file));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Equal(
            "The LoRA flux.safetensors matches no layer of this model; the first of its 5 modules are \"double_blocks.0.qkv\", \"double_blocks.1.qkv\", \"double_blocks.2.qkv\".", refused.Message);
    }

    [Fact]
    public void One_for_a_model_of_another_size_is_refused_with_both_sizes()
    {
        using LoraFile file = folder.Open("large.safetensors", [LoraPart.Filled(Prefix + Query, 4096, 4096)]);
        string message = Assert.Throws<WeightsException>(() => merger.Match(file)).Message;
        Assert.Contains("made for another model", message, StringComparison.Ordinal);
        Assert.Contains($"4096x4096, and {Query} is 64x64", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_refused_and_leave_no_trace()
    {
        byte[][] pristine = Weights();
        using LoraFile bad = Open("bad", Query, float.NaN), good = Open("good", Key, 0.1f), other = Open("other", Query, 0.1f);
        LoraMergeException refused = Assert.Throws<LoraMergeException>(() => merger.Use([new LoraUse(good, 1), new LoraUse(bad, 1), new LoraUse(other, 1)]));
        Assert.Equal(("The LoRA bad.safetensors holds numbers that are not finite, or gives them at its scale.", bad), (refused.Message, refused.File));
        // Its numbers are sound, and at this scale no longer.
        refused = Assert.Throws<LoraMergeException>(() => merger.Use([new LoraUse(other, 1), new LoraUse(good, 1e39)]));
        Assert.Equal(good, refused.File);
        merger.Use([]);
        Assert.Equal(pristine, Weights());
    }

    private LoraPart Part(string layer, float value) => LoraPart.Filled(Prefix + layer, transformer.Linears[layer].InFeatures, transformer.Linears[layer].OutFeatures, value, 1);

    private LoraFile Open(string name, string layer, float value) => folder.Open(name + ".safetensors", [Part(layer, value)]);

    private byte[][] Weights() => [.. new[] { Query, Key }.Select(layer =>
    {
        Tensor weight = transformer.Linears[layer].Weight.Tensors[0];
        byte[] bytes = new byte[weight.numel() * sizeof(short)];
        Marshal.Copy(ForeignMemory.Address(weight), bytes, 0, bytes.Length);
        GC.KeepAlive(weight);
        return bytes;
    })];

    private nint[] Addresses() => [.. transformer.Linears.Values.Select(linear => ForeignMemory.Address(linear.Weight.Tensors[0]))];
}
