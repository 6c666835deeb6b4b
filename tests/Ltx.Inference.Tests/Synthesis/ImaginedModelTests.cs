using Ltx.Inference.Expansion;
using Ltx.Inference.Forms;
using Ltx.Inference.Generation;
using Ltx.Inference.Generation.Memory;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Tests.Generation;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Synthesis;

/// <summary>Whole requests with a model that is on no disk.</summary>
[Collection(MiniaturePipelineTests.Name)]
public sealed class ImaginedModelTests
{
    private static readonly string Models = Path.Combine(Repository.Root, "models");

    private static InpaintRequest Request => MiniatureClip.Request(9, 64, 64) with { Steps = 1 };

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
        RecordedClip clip = Run(pipeline, MiniatureClip.Request() with { GuidanceScale = 2 });
        Assert.Equal(9, clip.Frames.Count);
        Assert.NotNull(clip.Sound);
    }

    [Theory]
    [InlineData(TextResidency.Visits, 0)]
    [InlineData(TextResidency.Streams, 6)]
    public void What_is_made_again_is_the_same(TextResidency text, int streamed)
    {
        RequestShape shape = new(9, 64, 64);
        ModelFolder model = Imagined(new SynthesisOptions());
        long limit = MemoryPlanner.For(model, ScalarType.Float32, DeviceType.CPU)
            .Predict(shape, long.MaxValue, MemoryArrangement.Resident with { Text = text, StreamedBlocks = streamed, VaeElements = 1L << 25 }).Worst.Total;
        using InpaintPipeline resident = new(model, CPU, ScalarType.Float32), planned = new(model, CPU, ScalarType.Float32, new InpaintOptions(Memory: limit, PlannedFor: shape));
        Assert.Equal((text, streamed), (planned.Plan.Arrangement.Text, planned.Plan.Arrangement.StreamedBlocks));
        // A LoRA of a file is read, also into weights that are of none; and a change back makes the pristine ones again.
        InpaintRequest changed = Request with { Loras = [new LoraChoice(MiniaturePipeline.Magenta)] };
        RecordedClip plain = Run(resident, Request), other = Run(resident, changed);
        Assert.NotEqual(plain.Frames, other.Frames);
        AssertSame(plain, Run(planned, Request));
        AssertSame(other, Run(planned, changed));
        AssertSame(plain, Run(planned, Request));
        AssertSame(plain, Run(resident, Request));
    }

    [Fact]
    public void What_needs_a_file_is_said_so()
    {
        ModelFolder model = Imagined(new SynthesisOptions(Layers: 1, GemmaLayers: 1));
        using InpaintPipeline pipeline = new(model, CPU, ScalarType.Float32);
        InpaintReport report = pipeline.Run(Request with { ExpandPrompt = true }, new RecordedClip(), cancellation: TestContext.Current.CancellationToken);
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
