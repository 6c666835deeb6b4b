using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ltx.Inference.Forms;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Tests.Generation;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Synthesis;

[Collection(MiniaturePipelineTests.Name)]
public sealed class ModelSynthesizerTests : IDisposable
{
    private static readonly string Models = Path.Combine(Repository.Root, "models");

    private readonly string folder = Directory.CreateTempSubdirectory("ltx-synth-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_folder_is_sound_and_has_all_that_a_published_one_has()
    {
        string model = Write(new SynthesisOptions());

        ModelFolder opened = ModelFolder.Open(model);
        Assert.NotNull(opened.DistilledLora);
        Assert.NotNull(opened.InpaintAdapter);
        Assert.False(opened.PromptExpansion);
        Assert.All(ModelCheck.Examine(opened), part => Assert.Empty(part.Faults));
        Assert.Equal(["checkpoint", "upscaler", "distilled_lora", "inpaint_adapter", "text_encoder"], ModelCheck.Examine(opened).Select(part => part.Part));
        // As in the miniature, whose Gemma was written by the hub's own library.
        Assert.Equal(Names(Path.Combine(Repository.Miniature, "gemma-tiny")), Names(opened.TextEncoder));
        using SafetensorsFile checkpoint = SafetensorsFile.Open(opened.Checkpoint);
        Assert.Equal("2.3.0", checkpoint.Metadata["model_version"]);
        Assert.Equal(0, checkpoint.Tensors.Values.Min(tensor => tensor.Offset) % 8);
    }

    [Fact]
    public void A_checkpoint_has_the_same_form_as_the_miniature_that_it_was_described_from()
    {
        string model = Write(new SynthesisOptions());

        using SafetensorsFile made = SafetensorsFile.Open(ModelFolder.Open(model).Checkpoint), trained = SafetensorsFile.Open(ModelFolder.Open(Repository.Miniature).Checkpoint);
        static IEnumerable<string> Form(SafetensorsFile file) => file.Tensors.Values.OrderBy(tensor => tensor.Offset).Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}]");
        Assert.Equal(Form(trained), Form(made));
    }

    [Fact]
    public void The_pipeline_runs_it_and_every_number_stays_finite()
    {
        using InpaintPipeline pipeline = new(ModelFolder.Open(Write(new SynthesisOptions(Layers: 3, GemmaLayers: 2))), CPU, ScalarType.Float32);

        RecordedClip clip = new();
        // Numbers that are not finite are an exception.
        pipeline.Run(MiniatureClip.Request(), clip, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(9, clip.Frames.Count);
    }

    [Fact]
    public void Fewer_layers_shorten_the_transformer_alone_and_fewer_of_gemma_the_projection()
    {
        string model = Write(new SynthesisOptions(Layers: 2, GemmaLayers: 3));

        using TensorArchive archive = TensorArchive.Open(ModelFolder.Open(model).Checkpoint);
        Assert.Contains("model.diffusion_model.transformer_blocks.1.attn1.to_q.weight", archive.Names);
        Assert.DoesNotContain("model.diffusion_model.transformer_blocks.2.attn1.to_q.weight", archive.Names);
        Assert.Contains("model.diffusion_model.video_embeddings_connector.transformer_1d_blocks.1.attn1.to_q.weight", archive.Names);
        // The states of three layers of 48 and of the embedding.
        Assert.Equal(4 * 48, archive.Find("text_embedding_projection.video_aggregate_embed.weight").Entry.Shape[1]);
        Assert.All(ModelCheck.Examine(ModelFolder.Open(model)), part => Assert.Empty(part.Faults));
    }

    [Fact]
    public void Float8_blocks_have_scales_and_finite_weights()
    {
        string model = Write(new SynthesisOptions(Float8Blocks: 5));

        ModelFolder opened = ModelFolder.Open(model);
        Assert.All(ModelCheck.Examine(opened), part => Assert.Empty(part.Faults));
        using SafetensorsFile file = SafetensorsFile.Open(opened.Checkpoint);
        TensorEntry weight = file.Tensors["model.diffusion_model.transformer_blocks.4.attn1.to_gate_logits.weight"], scale = file.Tensors["model.diffusion_model.transformer_blocks.4.attn1.to_gate_logits.weight_scale"];
        Assert.Equal(ElementType.Float8E4M3, weight.Type);
        Assert.Empty(scale.Shape);
        Assert.Equal(ElementType.BFloat16, file.Tensors["model.diffusion_model.transformer_blocks.5.attn1.to_q.weight"].Type);
        using var scope = NewDisposeScope();
        double deviation = (file.View(weight).to(ScalarType.Float32) * file.View(scale)).square().mean().sqrt().item<float>();
        // Of 192 inputs.
        Assert.InRange(deviation * Math.Sqrt(192), 0.9, 1.1);
    }

    [Fact]
    public void The_same_seed_makes_the_same_bytes()
    {
        string Hash(string model) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(ModelFolder.Open(model).Checkpoint)));
        string first = Hash(Write(new SynthesisOptions(Layers: 1), "a")), again = Hash(Write(new SynthesisOptions(Layers: 1), "b")), other = Hash(Write(new SynthesisOptions(Layers: 1, Seed: 1), "c"));

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Theory]
    [InlineData("upscaler", """{ "rational_resampler": true, "spatial_scale": 1.5 }""", "is another upsampler than the pipeline needs: its second stage is twice as wide and high as the first, and as long.")]
    [InlineData("upscaler", """{ "spatial_upsample": false, "temporal_upsample": true }""", "is another upsampler than the pipeline needs: its second stage is twice as wide and high as the first, and as long.")]
    [InlineData("upscaler", """{ "in_channels": 64 }""", "takes latents of 64 channels, and those of the video VAE have 32.")]
    [InlineData("checkpoint", """{ "in_channels": 24, "out_channels": 24 }""", "has a transformer that takes video tokens of 24 channels, and those of its video VAE have 32.")]
    [InlineData("checkpoint", """{ "audio_out_channels": 48 }""", "has a transformer that takes audio tokens of 64 channels, and gives 48.")]
    [InlineData("checkpoint", """{ "cross_attention_dim": 96 }""", "has a video connector that gives 192 features, and its transformer takes 96.")]
    [InlineData("checkpoint", """{ "audio_connector_attention_head_dim": 8 }""", "projects text to 64 features for audio, and its connector takes 32.")]
    public void Parts_that_are_sound_and_do_not_go_together_are_named_by_the_check_and_before_anything_is_loaded(string part, string changes, string sentence)
    {
        ModelPreset preset = Preset();
        JsonObject config = part == "upscaler" ? preset.Upscaler.Config : preset.Checkpoint.Config["transformer"]!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(changes)!.AsObject()) config[key] = value!.DeepClone();
        string model = Path.Combine(folder, "model");
        new ModelSynthesizer(preset, new SynthesisOptions(Layers: 1, GemmaLayers: 1)).Write(model, Models, _ => { }, TestContext.Current.CancellationToken);

        ModelFolder opened = ModelFolder.Open(model);
        string expected = $"{(part == "upscaler" ? opened.Upscaler : opened.Checkpoint)} {sentence}";
        IReadOnlyList<PartReport> reports = ModelCheck.Examine(opened);
        Assert.Equal(expected, reports.Single(report => report.Part == part).Faults[0]);
        Assert.All(reports.Where(report => report.Part != part), report => Assert.Empty(report.Faults));
        Assert.Equal(expected, Assert.Throws<WeightsException>(() => new InpaintPipeline(opened, CPU, ScalarType.Float32)).Message);
    }

    [Fact]
    public void Nothing_is_written_over()
    {
        string full = Path.Combine(folder, "full");
        Directory.CreateDirectory(full);
        File.WriteAllText(Path.Combine(full, "notes.txt"), "mine");

        WeightsException failure = Assert.Throws<WeightsException>(() => Write(new SynthesisOptions(), "full"));
        Assert.Equal($"{full} is not an empty folder; nothing is written over.", failure.Message);
        Assert.Equal(["notes.txt"], Names(full));
    }

    [Fact]
    public void A_broken_off_synthesis_leaves_no_file_of_a_final_name_unfinished()
    {
        using CancellationTokenSource stop = new();
        ModelSynthesizer synthesizer = new(Preset(), new SynthesisOptions());

        Assert.ThrowsAny<OperationCanceledException>(() => synthesizer.Write(Path.Combine(folder, "m"), Models, _ => stop.Cancel(), stop.Token));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "m")));
    }

    [Fact]
    public void A_preset_that_is_none_is_said_so()
    {
        string file = Path.Combine(folder, "p.json");
        File.WriteAllText(file, """{"description": "x", "colour": 1}""");

        Assert.StartsWith($"{file} is not a preset: line 1: ", Assert.Throws<WeightsException>(() => ModelPreset.Read(file)).Message, StringComparison.Ordinal);
        Assert.StartsWith("A model has at least one layer", Assert.Throws<WeightsException>(() => new ModelSynthesizer(Preset(), new SynthesisOptions(Layers: 0))).Message, StringComparison.Ordinal);
    }

    private static ModelPreset Preset() => ModelPreset.Read(Path.Combine(Models, "presets", "tiny.json"));

    private static IEnumerable<string> Names(string path) =>
        Directory.GetFiles(path).Where(file => !file.EndsWith(PackedFiles.Extension, StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    private string Write(SynthesisOptions options, string name = "model")
    {
        string model = Path.Combine(folder, name);
        new ModelSynthesizer(Preset(), options).Write(model, Models, _ => { }, TestContext.Current.CancellationToken);
        return model;
    }
}
