using System.Runtime.InteropServices;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Lora;

/// <summary>Every form in which the same change of weights is met, merged: the result is that of the plain form.</summary>
public sealed class LoraSpellingTests : IDisposable
{
    private const int Rank = 4;

    // Of both streams, of what lies between them, and of what lies outside the blocks.
    private static readonly string[] Layers =
    [
        "transformer_blocks.0.attn1.to_q", "transformer_blocks.1.attn2.to_out.0", "transformer_blocks.1.ff.net.0.proj", "transformer_blocks.0.audio_attn1.to_k",
        "transformer_blocks.1.audio_to_video_attn.to_v", "transformer_blocks.0.attn1.to_gate_logits", "patchify_proj", "audio_proj_out", "adaln_single.linear",
    ];

    private readonly LoraFolder folder = new();
    private readonly ModelParts parts = new();
    private readonly LtxTransformer transformer;
    private readonly LoraMerger merger;
    private readonly Dictionary<string, (float[] Down, float[] Up)> halves = [];

    public LoraSpellingTests()
    {
        transformer = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.Float32);
        merger = new LoraMerger(transformer.Weights);
        Random random = new(3);
        // Multiples of a sixteenth: products and their sums are exact, so a difference written out is the same number as the two halves give.
        float[] Numbers(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => random.Next(-8, 9) / 16f)];
        foreach (string layer in Layers) halves[layer] = (Numbers(Rank * transformer.Linears[layer].InFeatures), Numbers(Rank * transformer.Linears[layer].OutFeatures));
    }

    public void Dispose()
    {
        transformer.Dispose();
        parts.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string, string, string> Spellings => new()
    {
        { "diffusion_model.", "lora_A.weight", "lora_B.weight" },
        { "model.diffusion_model.", "lora_A.weight", "lora_B.weight" },
        { "", "lora_A.default.weight", "lora_B.default.weight" },
        { "transformer.", "lora_A.weight", "lora_B.weight" },
        { "transformer.", "lora.down.weight", "lora.up.weight" },
        { "base_model.model.", "lora_A.weight", "lora_B.weight" },
        { "base_model.model.", "lora_A.default.weight", "lora_B.default.weight" },
        { "base_model.model.diffusion_model.", "lora_A.weight", "lora_B.weight" },
        { "diffusion_model.", "lora_down.weight", "lora_up.weight" },
        { "transformer.", "lora_A.default_0.weight", "lora_B.default_0.weight" },
        { "base_model.model.", "lora_A.my_style.weight", "lora_B.my_style.weight" },
        { "transformer.base_model.model.", "lora.down.weight", "lora.up.weight" },
        { "diffusion_model._orig_mod.", "lora_A.weight", "lora_B.weight" },
        { "module.", "lora_A.weight", "lora_B.weight" },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Prefixes_and_halves_by_any_name(string prefix, string down, string up) => AssertPlain(Write(layer => prefix + layer, down, up));

    [Theory]
    [InlineData("lora_unet_")]
    [InlineData("lora_unet_model_")]
    [InlineData("lycoris_")]
    [InlineData("lora_unet__orig_mod_")]
    [InlineData("lora_transformer_")]
    public void Flattened_names_with_an_alpha(string prefix) => AssertPlain(Write(layer => prefix + layer.Replace('.', '_'), "lora_down.weight", "lora_up.weight", alpha: 2), scale: 2.0 / Rank);

    [Fact]
    public void Diffusers_own_names()
    {
        Dictionary<string, string> renamed = new() { ["patchify_proj"] = "proj_in", ["adaln_single.linear"] = "time_embed.linear" };
        AssertPlain(Write(layer => "transformer." + renamed.GetValueOrDefault(layer, layer), "lora_A.weight", "lora_B.weight"));
    }

    [Fact]
    public void An_alpha_weakens_every_spelling_alike() => AssertPlain(Write(layer => "diffusion_model." + layer, "lora_A.weight", "lora_B.weight", alpha: 1), scale: 1.0 / Rank);

    [Fact]
    public void A_strength_in_the_metadata_is_merged_as_an_alpha_would_be()
    {
        AssertPlain(folder.Write("stated.safetensors", [.. Halves(layer => "transformer." + layer, "lora_A.weight", "lora_B.weight")], ("lora_adapter_metadata", """{"transformer.r":4,"transformer.lora_alpha":8}""")), scale: 2);
        byte[] two = BitConverter.GetBytes(8L);
        AssertPlain(folder.Write("whole.safetensors", [.. Halves(layer => layer, "lora_A.weight", "lora_B.weight").Select(half => (half.Item1, "F32", half.Item2, MemoryMarshal.AsBytes(half.Item3.AsSpan()).ToArray())), .. Layers.Select(layer => (layer + ".alpha", "I64", Array.Empty<long>(), two))]), scale: 2);
    }

    [Fact]
    public void Convolutions_of_one_pixel_are_matrices()
    {
        IEnumerable<(string, long[], float[])> halves = Halves(layer => "lora_unet_" + layer.Replace('.', '_'), "lora_down.weight", "lora_up.weight");
        AssertPlain(folder.Write("conv.safetensors", [.. halves.Select(half => (half.Item1, (long[])[.. half.Item2, 1, 1], half.Item3))]));
        AssertPlain(folder.Write("conv-diff.safetensors", [.. Layers.Select(layer => (layer + ".diff", (long[])[.. Shape(layer), 1, 1, 1], Product(layer)))]));
    }

    [Fact]
    public void A_bias_behind_the_upper_half_is_added_to_the_layers_at_the_same_scale()
    {
        string layer = Layers[0];
        LinearSlot linear = transformer.Linears[layer];
        float[] delta = [.. Enumerable.Range(0, (int)linear.OutFeatures).Select(i => i / 16f)];
        using var scope = NewDisposeScope();
        Tensor before = linear.Bias!.clone();
        (string, long[], float[])[] tensors = [.. Halves(name => name, "lora_A.weight", "lora_B.weight").Where(half => half.Item1.StartsWith(layer, StringComparison.Ordinal)), ($"{layer}.lora_B.bias", [linear.OutFeatures], delta), ($"{layer}.alpha", [], [2])];
        using LoraFile file = LoraFile.Open(folder.Write("up-bias.safetensors", tensors));
        merger.Use([new LoraUse(file, 0.5)]);
        Assert.Equal(Bytes(before + tensor(delta) * 0.25f), Bytes(linear.Bias!));
        merger.Use([]);
        Assert.Equal(Bytes(before), Bytes(linear.Bias!));
    }

    [Fact]
    public void Whole_differences() => AssertPlain(folder.Write("diff.safetensors", [.. Layers.Select(layer => ("diffusion_model." + layer + ".diff", Shape(layer), Product(layer)))]));

    [Fact]
    public void Whole_differences_beside_low_rank_ones_are_added_to_them()
    {
        (string, long[], float[])[] both = [.. Halves(layer => layer, "lora_A.weight", "lora_B.weight"), .. Layers.Select(layer => (layer + ".diff", Shape(layer), Product(layer)))];
        AssertPlain(folder.Write("both.safetensors", both), scale: 2);
    }

    [Fact]
    public void Differences_of_biases_leave_the_weight_as_it_lies_in_the_file_and_go_with_the_set()
    {
        string layer = Layers[0];
        LinearSlot linear = transformer.Linears[layer];
        using Tensor x = Seeded.Normal(1, [2, linear.InFeatures]), before = linear.Weight.Multiply(x, linear.Bias);
        using Tensor delta = arange(linear.OutFeatures).to(ScalarType.Float32) / 16;
        using LoraFile file = LoraFile.Open(folder.Write("bias.safetensors", [($"diffusion_model.{layer}.diff_b", [linear.OutFeatures], delta.data<float>().ToArray())]));
        byte[] weight = Bytes(linear.Weight.Tensors[0]);
        merger.Use([new LoraUse(file, 0.5)]);
        using Tensor after = linear.Weight.Multiply(x, linear.Bias);
        Assert.True(after.allclose(before + delta * 0.5f, 1e-5, 1e-5));
        Assert.Equal(weight, Bytes(linear.Weight.Tensors[0]));
        merger.Use([]);
        using Tensor again = linear.Weight.Multiply(x, linear.Bias);
        Assert.True(again.equal(before).all().item<bool>());
    }

    [Theory]
    [InlineData("diff", 7, "was made for another model: its module \"transformer_blocks.0.attn1.to_q\" is 7x7, and transformer_blocks.0.attn1.to_q is 64x64.")]
    [InlineData("diff_b", 7, "is one with a bias of 7x7, and transformer_blocks.0.attn1.to_q is one of 64.")]
    public void Differences_of_another_size_are_refused(string ending, int size, string sentence)
    {
        using LoraFile file = LoraFile.Open(folder.Write("large.safetensors", [($"{Layers[0]}.{ending}", [size, size], new float[size * size])]));
        Assert.EndsWith(sentence, Assert.Throws<WeightsException>(() => merger.Match(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audio_", true)]
    [InlineData("audio_", false)]
    public void A_set_for_one_stream_changes_that_stream_alone(string stream, bool audio)
    {
        string[] chosen = [.. transformer.Linears.Keys.Where(layer => layer.Contains(".attn1.", StringComparison.Ordinal) || layer.Contains($".{stream}attn1.", StringComparison.Ordinal)).Where(layer => layer.Contains(stream, StringComparison.Ordinal) == audio)];
        using LoraFile file = folder.Open("one.safetensors", [.. chosen.Select(layer => LoraPart.Filled("diffusion_model." + layer, transformer.Linears[layer].InFeatures, transformer.Linears[layer].OutFeatures))]);
        Assert.Equal(chosen.Length, merger.Match(file).Matched);
        merger.Use([new LoraUse(file, 1)]);
        Assert.Equal(chosen.Order(), transformer.Linears.Where(pair => pair.Value.IsMerged).Select(pair => pair.Key).Order());
    }

    // Against the pristine weight and the halves, computed here.
    private void AssertPlain(string path, double scale = 1)
    {
        const double Strength = 0.5;
        using LoraFile file = LoraFile.Open(path);
        Assert.Equal(Layers.Length, merger.Match(file).Matched);
        using var scope = NewDisposeScope();
        merger.Use([]);
        Dictionary<string, Tensor> pristine = Layers.ToDictionary(layer => layer, layer => transformer.Linears[layer].Weight.ToFloat32());
        merger.Use([new LoraUse(file, Strength)]);
        foreach (string layer in Layers)
        {
            Tensor expected = pristine[layer] + tensor(Product(layer), Shape(layer)) * (float)(Strength * scale);
            Assert.Equal(Bytes(expected), Bytes(transformer.Linears[layer].Weight.Tensors[0]));
        }
    }

    private string Write(Func<string, string> spell, string down, string up, float? alpha = null)
    {
        IEnumerable<(string, long[], float[])> tensors = Halves(spell, down, up);
        if (alpha is { } value) tensors = tensors.Concat(Layers.Select(layer => (spell(layer) + ".alpha", Array.Empty<long>(), new[] { value })));
        return folder.Write("spelled.safetensors", [.. tensors]);
    }

    private IEnumerable<(string, long[], float[])> Halves(Func<string, string> spell, string down, string up) => Layers.SelectMany(layer => new (string, long[], float[])[]
    {
        ($"{spell(layer)}.{down}", [Rank, Shape(layer)[1]], halves[layer].Down), ($"{spell(layer)}.{up}", [Shape(layer)[0], Rank], halves[layer].Up),
    });

    private long[] Shape(string layer) => [transformer.Linears[layer].OutFeatures, transformer.Linears[layer].InFeatures];

    private float[] Product(string layer)
    {
        using var scope = NewDisposeScope();
        return [.. tensor(halves[layer].Up, [Shape(layer)[0], Rank]).mm(tensor(halves[layer].Down, [Rank, Shape(layer)[1]])).data<float>().ToArray()];
    }

    private static byte[] Bytes(Tensor tensor)
    {
        byte[] bytes = new byte[tensor.numel() * sizeof(float)];
        Marshal.Copy(ForeignMemory.Address(tensor), bytes, 0, bytes.Length);
        GC.KeepAlive(tensor);
        return bytes;
    }
}
