using System.Text.Json.Nodes;
using Ltx.Inference.Expansion;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Tests.Generation;
using Ltx.Inference.Tests.Planning;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Synthesis;

/// <summary>Whole requests with a model that is on no disk.</summary>
[Collection(MiniaturePipelineTests.Name)]
public sealed class ImaginedModelTests
{
    private static readonly string Models = Path.Combine(Repository.Root, "models");

    private static InpaintRequest Request => MiniatureClip.Request(9, 64, 64).With(p => p with { Steps = 1 });

    [Fact]
    public void It_is_the_model_that_a_written_folder_holds()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-imagined-");
        try
        {
            // Float8 too: its weights have scales, and the reader of LoRAs meets them.
            SynthesisOptions options = new(Layers: 3, GemmaLayers: 2, Float8Blocks: 1, Seed: 3);
            string written = Path.Combine(folder.FullName, "model");
            new ModelSynthesizer(Preset(), options).Write(written, Models, _ => { }, TestContext.Current.CancellationToken);
            using InpaintPipeline files = new(ModelFolder.Open(written), CPU, ScalarType.Float32), none = new(Imagined(options), CPU, ScalarType.Float32);
            AssertSame(Run(files, Request), Run(none, Request));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_number_of_a_request_in_bfloat16_stays_finite()
    {
        using InpaintPipeline pipeline = new(Imagined(new SynthesisOptions()), CPU, ScalarType.BFloat16);
        // Numbers that are not finite are an exception.
        RecordedClip clip = Run(pipeline, MiniatureClip.Request().With(p => p with { GuidanceScale = 2 }));
        Assert.Equal(9, clip.Frames.Count);
        Assert.NotNull(clip.Sound);
    }

    [Theory]
    [InlineData(TextResidency.Visits, 0)]
    [InlineData(TextResidency.Streams, 6)]
    public void What_is_made_again_is_the_same(TextResidency text, int streamed)
    {
        // So large that frames need more than the prompt does: only then is there less to hold where the text encoder does not stay.
        InpaintRequest request = MiniatureClip.Request().With(p => p with { Steps = 1 }), changed = request.With(p => p with { Loras = [new LoraChoice(MiniaturePipeline.Magenta)] });
        ModelFolder model = Imagined(new SynthesisOptions());
        InpaintOptions tight = new(Memory: TightPlan.Limit(model, request, text, streamed), PlannedFor: TightPlan.Shape(model, request));
        using InpaintPipeline resident = new(model, CPU, ScalarType.Float32), planned = new(model, CPU, ScalarType.Float32, tight);
        Assert.Equal((text, streamed), (planned.Plan.Arrangement.Text, planned.Plan.Arrangement.StreamedBlocks));
        // A LoRA of a file is read, also into weights that are of none; and a change back makes the pristine ones again.
        RecordedClip plain = Run(resident, request), other = Run(resident, changed);
        Assert.NotEqual(plain.Frames, other.Frames);
        AssertSame(plain, Run(planned, request));
        AssertSame(other, Run(planned, changed));
        AssertSame(plain, Run(planned, request));
        AssertSame(plain, Run(resident, request));
    }

    // Other numbers of layers, heads, channels, blocks and rates in every part, none of them as in the published model or in the miniature.
    private const string Other = """
        {
          "checkpoint": { "config": {
            "transformer": {
              "rope_type": "interleaved", "frequencies_precision": "float32", "positional_embedding_theta": 5000, "positional_embedding_max_pos": [16, 1024, 1536], "audio_positional_embedding_max_pos": [24],
              "num_layers": 3, "num_attention_heads": 6, "attention_head_dim": 20, "cross_attention_dim": 120, "audio_num_attention_heads": 6, "audio_attention_head_dim": 10, "audio_cross_attention_dim": 60,
              "in_channels": 24, "out_channels": 24, "audio_in_channels": 96, "audio_out_channels": 96, "apply_gated_attention": false, "norm_eps": 1e-5, "timestep_scale_multiplier": 900,
              "connector_num_attention_heads": 5, "connector_attention_head_dim": 24, "connector_num_layers": 3, "audio_connector_num_attention_heads": 3, "audio_connector_attention_head_dim": 20,
              "audio_connector_num_layers": 1, "connector_num_learnable_registers": 64, "connector_positional_embedding_max_pos": [2048], "connector_apply_gated_attention": false },
            "vae": {
              "latent_channels": 24, "decoder_base_channels": 12, "patch_size": 2,
              "encoder_blocks": [["res_x", {"num_layers": 2}], ["compress_space_res", {"multiplier": 2}], ["compress_time", {}], ["compress_all_x_y", {"multiplier": 3}], ["res_x", {"num_layers": 1}], ["compress_space", {}]],
              "decoder_blocks": [["res_x", {"num_layers": 1}], ["compress_space", {"multiplier": 1}], ["compress_all", {"multiplier": 2, "residual": true}], ["compress_time", {"multiplier": 3}], ["res_x", {"num_layers": 2}], ["compress_space", {"multiplier": 2}]] },
            "audio_vae": {
              "model": { "params": { "ddconfig": { "ch": 96, "ch_mult": [1, 2], "num_res_blocks": 2, "z_channels": 2, "mel_bins": 96 } } },
              "preprocessing": { "mel": { "n_mel_channels": 96 } } },
            "vocoder": {
              "vocoder": { "upsample_initial_channel": 48, "upsample_rates": [5, 4, 2, 4], "upsample_kernel_sizes": [9, 8, 4, 8], "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 2], [1, 3, 4]], "use_bias_at_final": true, "use_tanh_at_final": true },
              "bwe": { "upsample_initial_channel": 32, "upsample_rates": [4, 8, 3, 2], "upsample_kernel_sizes": [8, 16, 7, 4], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 5]], "hop_length": 64, "n_fft": 384, "num_mels": 40 } } } },
          "upscaler": { "config": { "in_channels": 24, "mid_channels": 96, "num_blocks_per_stage": 1, "rational_resampler": true } },
          "text_encoder": { "files": { "config.json": { "text_config": { "hidden_size": 40, "intermediate_size": 56, "num_attention_heads": 6, "num_key_value_heads": 3, "num_hidden_layers": 5, "head_dim": 12, "sliding_window": 24, "sliding_window_pattern": 3, "query_pre_attn_scalar": 20 } } } }
        }
        """;

    [Fact]
    public void A_model_of_quite_other_sizes_makes_frames_and_sound_of_the_clips_size()
    {
        JsonObject preset = JsonNode.Parse(File.ReadAllText(Path.Combine(Models, "presets", "tiny.json")))!.AsObject();
        Merge(preset, JsonNode.Parse(Other)!.AsObject());
        string file = Path.GetTempFileName();
        File.WriteAllText(file, preset.ToJsonString());
        using InpaintPipeline pipeline = new(new ImaginedModel(ModelPreset.Read(file), new SynthesisOptions(), Models).Folder, CPU, ScalarType.Float32);
        File.Delete(file);
        // A cell of its latent is 16 pixels wide and 4 frames long, so that neither side nor length of this clip fills a grid.
        InpaintRequest request = MiniatureClip.Request(14, 72, 88).With(p => p with { Steps = 1 }) with { FramesPerSecond = 25 };
        RecordedClip clip = Run(pipeline, request);
        Assert.Equal((14, 72 * 88 * 3), (clip.Frames.Count, clip.Frames[0].Length));
        // 14 frames at 25 a second.
        Assert.Equal([26880, 26880], clip.Sound!.Channels.Select(channel => channel.Length));
        AssertSame(clip, Run(pipeline, request));
        Assert.NotEqual(clip.Frames, Run(pipeline, request.With(p => p with { Seed = 1 })).Frames);
    }

    private static void Merge(JsonObject into, JsonObject changes)
    {
        foreach ((string key, JsonNode? value) in changes)
        {
            if (value is JsonObject section && into[key] is JsonObject old) Merge(old, section);
            else into[key] = value?.DeepClone();
        }
    }

    [Fact]
    public void What_needs_a_file_is_said_so()
    {
        ModelFolder model = Imagined(new SynthesisOptions(Layers: 1, GemmaLayers: 1));
        using InpaintPipeline pipeline = new(model, CPU, ScalarType.Float32);
        InpaintReport report = pipeline.Run(Request.With(p => p with { ExpandPrompt = true }), new RecordedClip(), cancellation: TestContext.Current.CancellationToken);
        Assert.Contains(PromptExpander.NotOfThisModel, report.Notes);
        using SafetensorsFile file = model.Files.Open(model.Checkpoint);
        Assert.Contains("is imagined", Assert.Throws<InvalidOperationException>(() => file.View(file.Tensors.Values.First())).Message, StringComparison.Ordinal);
        string nowhere = Path.Combine(Models, "nowhere", "tokenizer.json");
        ModelFolder homeless = new ImaginedModel(Preset() with { TextEncoder = Preset().TextEncoder with { Tokenizer = "nowhere" } }, new SynthesisOptions(), Models).Folder;
        Assert.Contains(nowhere, Assert.Throws<WeightsException>(() => new InpaintPipeline(homeless, CPU, ScalarType.Float32)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float8E4M3)]
    public void What_a_device_draws_has_the_deviation_of_its_role_and_is_the_same_again(ElementType type)
    {
        using var scope = NewDisposeScope();
        ExpectedTensor form = new("a.weight", type, [512, 256], TensorRole.Weight);
        Tensor Drawn(long seed, string name) => new RandomTensors(seed).Drawn(form with { Name = name }, CPU).to(ScalarType.Float32);
        Tensor drawn = Drawn(0, "a.weight");
        double expected = type == ElementType.Float8E4M3 ? 1 / 16.0 / Initialisation.Float8Scale : 1 / 16.0;
        Assert.InRange(drawn.square().mean().sqrt().item<float>() / expected, 0.98, 1.02);
        Assert.InRange(drawn.mean().item<float>() / expected, -0.02, 0.02);
        Assert.Equal(Numbers(drawn), Numbers(Drawn(0, "a.weight")));
        Assert.NotEqual(Numbers(drawn), Numbers(Drawn(1, "a.weight")));
        Assert.NotEqual(Numbers(drawn), Numbers(Drawn(0, "b.weight")));
    }

    private static float[] Numbers(Tensor tensor) => tensor.data<float>().ToArray();

    private static void AssertSame(RecordedClip expected, RecordedClip actual)
    {
        Assert.Equal(expected.Frames, actual.Frames);
        Assert.Equal(expected.Sound?.Channels, actual.Sound?.Channels);
    }

    private static RecordedClip Run(InpaintPipeline pipeline, InpaintRequest request)
    {
        RecordedClip clip = new();
        pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
        return clip;
    }

    private static ModelPreset Preset() => ModelPreset.Read(Path.Combine(Models, "presets", "tiny.json"));

    private static ModelFolder Imagined(SynthesisOptions options) => new ImaginedModel(Preset(), options, Models).Folder;
}
