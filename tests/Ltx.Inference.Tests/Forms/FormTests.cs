using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ltx.Inference.Forms;
using Ltx.Inference.Synthesis;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Forms;

/// <summary>The forms, from the public configs, against what is known of the published files.</summary>
[Fast]
public sealed class FormTests
{
    private static readonly ModelPreset Preset = ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json"));

    // Gemma 3 12B: 48 layers of 3840.
    private static IReadOnlyList<ExpectedTensor> Checkpoint => Schemas.Checkpoint(Section(Preset.Checkpoint.Config), 3840, 48);

    [Fact]
    public void The_checkpoint_has_exactly_the_published_tensors()
    {
        IReadOnlyList<ExpectedTensor> tensors = Checkpoint;

        Assert.Equal(PublishedTensors.Of("ltx-2.3-22b-"), PublishedTensors.Lines(tensors));
        Assert.Equal(5947, tensors.Count);
        Assert.Equal(23_069_505_387, tensors.Sum(tensor => tensor.Elements));
        // The published file's length less its header.
        Assert.Equal(46_148_472_534, tensors.Sum(tensor => tensor.Length));
    }

    [Theory]
    [InlineData("ltx-2.3-spatial-upscaler-x2", 1024, true, false, 2.0, false)]
    [InlineData("ltx-2.3-spatial-upscaler-x1.5", 1024, true, false, 1.5, true)]
    [InlineData("ltx-2.3-temporal-upscaler-x2", 512, false, true, 2.0, false)]
    public void The_upsamplers_have_exactly_the_published_tensors(string file, int channels, bool space, bool time, double scale, bool rational)
    {
        JsonObject config = Preset.Upscaler.Config.DeepClone().AsObject();
        (config["mid_channels"], config["spatial_upsample"], config["temporal_upsample"], config["spatial_scale"], config["rational_resampler"]) = (channels, space, time, scale, rational);

        Assert.Equal(PublishedTensors.Of(file), PublishedTensors.Lines(Schemas.Upsampler(Section(config))));
    }

    [Theory]
    [InlineData("models/miniature")]
    [InlineData("tests/goldens/model")]
    [InlineData("tests/goldens-other-sizes/model")]
    public void What_a_model_asks_for_while_it_is_built_is_what_its_files_hold(string path)
    {
        ModelFolder folder = ModelFolder.Open(Path.Combine(Repository.Root, path));
        using SafetensorsFile upscaler = SafetensorsFile.Open(folder.Upscaler), checkpoint = SafetensorsFile.Open(folder.Checkpoint);
        using TensorArchive gemma = TensorArchive.OpenFolder(folder.TextEncoder);
        ConfigSection root = JsonFile.Read(Path.Combine(folder.TextEncoder, "config.json"));

        Same(ModelCheck.CheckpointTensors(folder), [checkpoint]);
        Same(Schemas.Upsampler(ConfigSection.Parse(upscaler.Metadata["config"], folder.Upscaler)), [upscaler]);
        Same([.. Schemas.LanguageModel(GemmaConfig.Read(root)), .. root.Has("vision_config") ? Schemas.Vision(VisionConfig.Read(root)) : []], gemma.Files);

        static void Same(IEnumerable<ExpectedTensor> expected, IEnumerable<SafetensorsFile> files) => Assert.Equal(
            files.SelectMany(file => file.Tensors.Values).Select(entry => $"{entry.Name} [{string.Join(',', entry.Shape)}]").Order(StringComparer.Ordinal),
            expected.Select(tensor => $"{tensor.Name} [{string.Join(',', tensor.Shape)}]").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_distilled_lora_has_the_published_size()
    {
        IReadOnlyList<ExpectedTensor> tensors = Lora(Preset.DistilledLora!);

        Assert.Equal(3320, tensors.Count);
        Assert.Equal(7_604_994_048, tensors.Sum(tensor => tensor.Length));
    }

    [Fact]
    public void The_adapter_changes_the_published_480_layers()
    {
        IReadOnlyList<ExpectedTensor> tensors = Lora(Preset.InpaintAdapter!);

        Assert.Equal(960, tensors.Count);
        Assert.All(tensors, tensor => Assert.Contains(128L, tensor.Shape));
        // The published file has 1,308,778,338 bytes with its header, of which 960 tensors need about 130 bytes each.
        Assert.InRange(1_308_778_338 - tensors.Sum(tensor => tensor.Length), 50_000, 250_000);
    }

    [Fact]
    public void Gemma_has_the_published_number_of_parameters()
    {
        ConfigSection root = Section(Preset.TextEncoder.Files["config.json"]);
        IReadOnlyList<ExpectedTensor> language = Schemas.LanguageModel(GemmaConfig.Read(root));

        Assert.Equal(11_766_034_176, language.Sum(tensor => tensor.Elements));
        Assert.Equal(12_187_325_040, language.Concat(Schemas.Vision(VisionConfig.Read(root))).Sum(tensor => tensor.Elements));
    }

    [Theory]
    [InlineData(44, 1496)]
    [InlineData(43, 1462)]
    public void A_float8_checkpoint_has_the_published_number_of_scales(int blocks, int layers)
    {
        IReadOnlyList<ExpectedTensor> tensors = Float8Form.Quantised(Checkpoint, blocks);

        Assert.Equal(layers, tensors.Count(tensor => tensor.Name.EndsWith(".weight_scale", StringComparison.Ordinal)));
        Assert.Equal(5947 + (2 * layers), tensors.Count);
        // The hub lists 29.1 GB for the one, 29.5 GB for the other.
        Assert.Equal(blocks == 44 ? 29.1 : 29.5, Math.Round(tensors.Sum(tensor => tensor.Length) / 1e9, 1));
    }

    private static IReadOnlyList<ExpectedTensor> Lora(ModelPreset.Lora lora) => LoraForm.Tensors(Checkpoint, lora.Rank, new Regex(lora.Modules));

    private static ConfigSection Section(JsonObject config) => ConfigSection.Parse(config.ToJsonString(), "test");
}
