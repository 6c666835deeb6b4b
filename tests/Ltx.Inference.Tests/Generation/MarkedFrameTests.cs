using Ltx.Inference.Forms;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Tests.Expansion;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>The text model is shown a frame.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class MarkedFrameTests
{
    [Fact]
    public void The_first_frame_with_a_masked_region_is_shown_with_that_region_in_green()
    {
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(frame => Enumerable.Repeat((byte)(10 * (frame + 1)), 4 * 2 * 3).ToArray())];
        byte[] none = new byte[8], some = [0, 127, 128, 255, 0, 0, 0, 200];
        MarkedFrame marked = MarkedFrame.Of(new InpaintRequest(new GenerationParameters("") { Steps = 1 }, frames, [none, some], 4, 2, 24));
        Assert.Equal((1, 4, 2), (marked.Index, marked.Picture.Width, marked.Picture.Height));
        for (int i = 0; i < 8; i++) Assert.Equal(some[i] < 128 ? [20, 20, 20] : [0x66, 0xFF, 0x00], marked.Picture.Pixels[(3 * i)..(3 * i + 3)]);
        // The request's own frame is as it was.
        Assert.All(frames[1], value => Assert.Equal(20, value));
    }

    [Fact]
    public void The_pipeline_shows_it_where_that_is_asked_for_and_says_so()
    {
        using ChainGemma gemma = new(Repository.Miniature, ChainGemma.Fluent, sees: true);
        InpaintRequest request = MiniatureClip.Request(height: 64, width: 64);
        InpaintReport shown = Run(gemma, new InpaintOptions(ShowFrame: true), request), blind = Run(gemma, new InpaintOptions(), request);
        Assert.Contains("The text model was shown frame 0 with the masked region in green.", shown.Notes);
        Assert.Contains("The prompt was expanded.", shown.Notes);
        Assert.EndsWith(" fades.", shown.Prompt, StringComparison.Ordinal);
        Assert.DoesNotContain(blind.Notes, note => note.Contains("frame", StringComparison.Ordinal));
        Assert.DoesNotContain(Run(gemma, new InpaintOptions(ShowFrame: true), request.With(p => p with { ExpandPrompt = false })).Notes, note => note.Contains("frame", StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_that_cannot_be_shown_anything_is_refused_when_it_is_loaded()
    {
        string Refused(string folder) => Assert.Throws<WeightsException>(() => new InpaintPipeline(ModelFolder.Open(folder), CPU, ScalarType.Float32, new InpaintOptions(ShowFrame: true)).Dispose()).Message;
        Assert.Contains("does not expand prompts", Refused(Repository.Miniature), StringComparison.Ordinal);
        using ChainGemma blind = new(Repository.Miniature, ChainGemma.Fluent), seeing = new(Repository.Miniature, ChainGemma.Fluent, sees: true);
        Assert.Contains(ImagePreprocessor.FileName, Refused(blind.Path), StringComparison.Ordinal);
        File.Copy(Path.Combine(Repository.Miniature, "gemma-tiny", ImagePreprocessor.FileName), Path.Combine(blind.Path, "gemma", ImagePreprocessor.FileName));
        Assert.Contains("vision_tower.vision_model.post_layernorm.weight", Refused(blind.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void The_memory_plan_counts_the_tower_only_where_it_is_loaded()
    {
        using ChainGemma gemma = new(Repository.Miniature, ChainGemma.Fluent, sees: true);
        ModelFolder folder = ModelFolder.Open(gemma.Path);
        ModelFacts blind = ModelFacts.Read(folder), seeing = ModelFacts.Read(folder, sees: true);
        VisionConfig config = VisionConfig.Read(JsonFile.Read(Path.Combine(folder.TextEncoder, "config.json")));
        long numbers = Schemas.Vision(config).Sum(tensor => tensor.Elements);
        Assert.Equal((0, numbers), (blind.VisionSize.Numbers, seeing.VisionSize.Numbers));
        // A preset's description has no expansion written in, and is asked in the same way.
        ModelPreset preset = ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json"));
        Assert.Equal((0, 421_290_864), (ModelFacts.Of(preset).VisionSize.Numbers, ModelFacts.Of(preset, sees: true).VisionSize.Numbers));
        RequestShape request = new(9, 64, 64);
        long Weights(ModelFacts facts, TextResidency text, InpaintStage stage) => new MemoryPlanner(facts, ScalarType.Float32, DeviceType.CPU)
            .Predict(request, long.MaxValue, MemoryArrangement.Resident with { Text = text }).Stages.Single(planned => planned.Stage == stage).Weights;
        long more = 4 * numbers;
        Assert.Equal(more, Weights(seeing, TextResidency.Stays, InpaintStage.Stage1) - Weights(blind, TextResidency.Stays, InpaintStage.Stage1));
        Assert.Equal(more, Weights(seeing, TextResidency.Visits, InpaintStage.Prompt) - Weights(blind, TextResidency.Visits, InpaintStage.Prompt));
        Assert.Equal(0, Weights(seeing, TextResidency.Visits, InpaintStage.Stage1) - Weights(blind, TextResidency.Visits, InpaintStage.Stage1));
        // Layer by layer nothing is written, and nothing is seen.
        Assert.Equal(0, Weights(seeing, TextResidency.Streams, InpaintStage.Prompt) - Weights(blind, TextResidency.Streams, InpaintStage.Prompt));
    }

    private static InpaintReport Run(ChainGemma gemma, InpaintOptions options, InpaintRequest request)
    {
        using InpaintPipeline pipeline = new(ModelFolder.Open(gemma.Path), CPU, ScalarType.Float32, options);
        return pipeline.Run(request, new RecordedClip(), cancellation: TestContext.Current.CancellationToken);
    }
}
