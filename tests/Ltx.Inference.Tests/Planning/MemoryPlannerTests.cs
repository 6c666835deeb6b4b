using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Transformer.Streaming;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Planning;

public class MemoryPlannerTests
{
    private static readonly RequestShape Full = new(121, 1088, 1920);

    private static readonly MemoryPlanner Real = MemoryPlanner.For(
        ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json")), ScalarType.BFloat16, DeviceType.CUDA);

    [Fact]
    public void The_weights_are_those_of_the_published_files()
    {
        ModelFacts facts = ModelFacts.Of(ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json")));
        // Counted from the published tensor list: transformer, both connectors, projection; 48 layers of Gemma of 12.19 billion, less embedding and vision.
        Assert.Equal(18_988_838_144, 48 * facts.Block.Numbers + facts.Ends.Numbers);
        Assert.Equal(1_612_546_304 + 403_620_096, facts.Connectors.Numbers);
        Assert.Equal(1_612_546_304, facts.LargerConnector.Numbers);
        Assert.Equal(1_156_061_184, facts.Projection.Numbers);
        Assert.Equal(115_077_648 + 13_464_600 + 542_784, facts.VocoderSize.Numbers);
        // The head of the video's AdaLN: nine rows.
        Assert.Equal(9 * 4096L * 4096, facts.LargestMatrix);
        // 48 layers and a norm are what is left of the language model's 11,766,034,176 without its table.
        Assert.Equal(11_766_034_176 - 262_208L * 3840, 48 * facts.GemmaLayer.Numbers + 3840);
    }

    [Fact]
    public void Large_cards_hold_everything_and_smaller_ones_give_up_in_the_written_order()
    {
        MemoryPlan[] plans = [.. CardMemory.Usual.Select(card => Real.Choose(Full, card.Available, float8: false))];
        Assert.All(plans, plan => Assert.True(plan.Fits));
        Assert.Equal((TextResidency.Stays, 0), (plans[0].Arrangement.Text, plans[0].Arrangement.StreamedBlocks));
        Assert.All(plans.Skip(1), plan => Assert.Equal(TextResidency.Streams, plan.Arrangement.Text));
        // The less there is, the more is streamed, and only the smallest card tiles.
        Assert.True(plans[0].Arrangement.StreamedBlocks <= plans[1].Arrangement.StreamedBlocks && plans[1].Arrangement.StreamedBlocks < plans[2].Arrangement.StreamedBlocks && plans[2].Arrangement.StreamedBlocks <= plans[3].Arrangement.StreamedBlocks);
        Assert.All(plans.Take(3), plan => Assert.Null(plan.Arrangement.VaeTiling));
    }

    [Fact]
    public void LoRAs_are_merged_ahead_where_everything_stays_and_there_is_room_beside_the_source()
    {
        MemoryPlan roomy = Real.Choose(Full, CardMemory.Usual[0].Available, float8: false);
        Assert.True(roomy.MergesAhead);
        // At the edge, where what fits by itself does not fit beside a merge.
        MemoryPlan tight = Real.Predict(Full, roomy.Stages.Max(stage => stage.Stage is InpaintStage.Prompt or InpaintStage.Source ? stage.Total : 0) - 1, roomy.Arrangement);
        Assert.False(tight.MergesAhead);
        long merging = Peak(roomy, InpaintStage.Source) - Peak(tight, InpaintStage.Source);
        Assert.Equal(merging, Peak(roomy, InpaintStage.Prompt) - Peak(tight, InpaintStage.Prompt));
        Assert.InRange(merging, 9 * 4096L * 4096 * (4 + 2 + 2), 3L << 30);
        Assert.All(CardMemory.Usual.Skip(1), card => Assert.False(Real.Choose(Full, card.Available, float8: false).MergesAhead));

        static long Peak(MemoryPlan plan, InpaintStage stage) => plan.Stages.Single(peak => peak.Stage == stage).Total;
    }

    [Fact]
    public void As_few_blocks_as_possible_are_streamed()
    {
        MemoryPlan plan = Real.Choose(Full, CardMemory.Usual[2].Available, float8: false);
        Assert.True(plan.Arrangement.StreamedBlocks > 3);
        Assert.False(Real.Predict(Full, plan.Available, plan.Arrangement with { StreamedBlocks = plan.Arrangement.StreamedBlocks - 1 }).Fits);
        Assert.Equal(plan.Arrangement.StreamedBlocks * ModelBlockBytes(), plan.PinnedHost);
    }

    [Fact]
    public void More_memory_never_gives_up_more()
    {
        (int, int, long) before = (int.MaxValue, int.MaxValue, 0);
        for (long gigabytes = 8; gigabytes <= 96; gigabytes += 4)
        {
            MemoryPlan plan = Real.Choose(Full, gigabytes * 1_000_000_000, float8: false);
            (int, int, long) now = ((int)plan.Arrangement.Text, plan.Arrangement.StreamedBlocks, plan.Arrangement.VaeElements);
            Assert.True(now.Item1 <= before.Item1 && now.Item2 <= before.Item2, $"{gigabytes} GB: {now} after {before}");
            before = now;
        }
        Assert.Equal((0, 0, MemoryArrangement.Resident.VaeElements), before);
    }

    [Fact]
    public void Larger_requests_never_need_less()
    {
        long Peak(RequestShape request) => Real.Predict(request, long.MaxValue, MemoryArrangement.Resident).Worst.Total;
        Assert.True(Peak(Full) > Peak(Full with { Height = 544, Width = 960 }));
        Assert.True(Peak(Full with { Frames = 241 }) > Peak(Full));
        RequestShape guided = Full with { Recipe = Full.Recipe with { Stage2 = Full.Recipe.Stage2 with { Guide = true } } };
        Assert.True(Peak(guided) >= Peak(Full));
        Assert.True(Stage(guided, "stage 2") > 1.5 * Stage(Full, "stage 2"));
        static long Stage(RequestShape request, string name)
        {
            StagePeak stage = Real.Predict(request, long.MaxValue, MemoryArrangement.Resident).Stages.Single(stage => stage.Stage.Name() == name);
            return stage.Activations + stage.Workspace;
        }
    }

    [Fact]
    public void What_cannot_fit_is_said_so_with_the_smallest_plan()
    {
        MemoryPlan plan = Real.Choose(Full with { Frames = 481 }, CardMemory.Usual[3].Available, float8: false);
        Assert.False(plan.Fits);
        Assert.Equal(48, plan.Arrangement.StreamedBlocks);
        Assert.NotNull(plan.Arrangement.VaeTiling);
    }

    [Fact]
    public void Weights_stay_where_they_are_as_long_as_a_request_fits_so()
    {
        long available = CardMemory.Usual[1].Available;
        MemoryArrangement streamed = Real.Choose(Full, available, float8: false).Arrangement;
        RequestShape small = new(25, 256, 384) { ModelShortSide = 256 };
        Assert.Equal((streamed.Text, streamed.StreamedBlocks), Residency(Real.Choose(small, available, float8: false, streamed)));
        Assert.NotEqual((streamed.Text, streamed.StreamedBlocks), Residency(Real.Choose(small, available, float8: false)));
        // And move where it does not.
        MemoryArrangement resident = MemoryArrangement.Resident with { Text = TextResidency.Streams };
        Assert.NotEqual(0, Real.Choose(Full with { Frames = 241 }, available, float8: false, resident).Arrangement.StreamedBlocks);
        static (TextResidency, int) Residency(MemoryPlan plan) => (plan.Arrangement.Text, plan.Arrangement.StreamedBlocks);
    }

    [Fact]
    public void Float8_halves_what_blocks_take()
    {
        MemoryPlan full = Real.Predict(Full, long.MaxValue, MemoryArrangement.Resident), half = Real.Predict(Full, long.MaxValue, MemoryArrangement.Resident with { Float8 = true });
        double saved = full.Worst.Weights - half.Worst.Weights;
        Assert.InRange(saved / (48 * ModelBlockBytes()), 0.49, 0.5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Of_a_file_with_some_blocks_in_float8_each_block_counts_as_it_is(int streamed)
    {
        const int Layers = 6, Small = 4;
        string models = Path.Combine(Repository.Root, "models");
        ModelFolder Imagined(int float8Blocks) => new ImaginedModel(ModelPreset.Read(Path.Combine(models, "presets", "tiny.json")), new SynthesisOptions(Float8Blocks: float8Blocks), models).Folder;
        ModelFacts mixed = ModelFacts.Read(Imagined(Small)), all = ModelFacts.Read(Imagined(Layers));
        long whole = mixed.Block.Bytes(2), small = mixed.Block.Float8Bytes(2);
        long Weights(ModelFacts facts, bool float8) => new MemoryPlanner(facts, ScalarType.BFloat16, DeviceType.CUDA).Predict(new(9, 64, 64), long.MaxValue, MemoryArrangement.Resident with { Float8 = float8, StreamedBlocks = streamed }).Worst.Weights;
        // All streamed blocks but two of each form leave the card; of six blocks the second, third, fifth and sixth are, of which the last two are not float8.
        int wholes = Layers - Small, onCard = streamed == 0 ? Layers : Layers - streamed + 2;
        Assert.Equal([1, 2, 4, 5], BlockStream.Spread(4, Layers));
        Assert.Equal((streamed == 0 ? wholes : 2) * (whole - small), Weights(mixed, float8: true) - Weights(all, float8: true) - (streamed == 0 ? 0 : 2 * small));
        Assert.Equal(onCard * (whole - small), Weights(all, float8: false) - Weights(all, float8: true));
        Assert.Equal(Weights(all, float8: false), Weights(mixed, float8: false));
        // Rounded when they are loaded, all are float8, whatever the file has.
        Assert.Equal(Weights(all, float8: true), Weights(mixed.AllFloat8(), float8: true));
        MemoryArrangement arrangement = MemoryArrangement.Resident with { Float8 = true, StreamedBlocks = streamed };
        Assert.Equal(streamed == 0 ? 0 : 2 * whole + 2 * small, new MemoryPlanner(mixed, ScalarType.BFloat16, DeviceType.CUDA).PinnedHost(arrangement));
    }

    [Fact]
    public void A_models_headers_give_what_its_description_gives()
    {
        // The miniature has no preset; its own headers, read twice, must at least agree with the files' lengths.
        ModelFolder folder = ModelFolder.Open(Repository.Miniature);
        ModelFacts facts = ModelFacts.Read(folder);
        using TensorArchive archive = TensorArchive.Open(folder.Checkpoint);
        long numbers = archive.Files[0].Tensors.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));
        long upscaler = 0;
        using (TensorArchive file = TensorArchive.Open(folder.Upscaler)) upscaler = file.Files[0].Tensors.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));
        Assert.Equal(numbers + upscaler, facts.Transformer.Layers * facts.Block.Numbers + facts.Ends.Numbers + facts.Connectors.Numbers + facts.Projection.Numbers + facts.Codecs.Numbers + facts.VocoderSize.Numbers);
    }

    private static long ModelBlockBytes() => ModelFacts.Of(ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json"))).Block.Bytes(2);
}
