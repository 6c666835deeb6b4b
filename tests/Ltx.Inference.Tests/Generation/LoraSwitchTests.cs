using Ltx.Inference.Generation;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>Requests with changing LoRAs on one pipeline.</summary>
[Collection(MiniaturePipelineTests.Name)]
public sealed class LoraSwitchTests : IDisposable
{
    private readonly LoraFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, int, ScalarType> Models => new()
    {
        { Repository.Miniature, 192, ScalarType.Float32 },
        // It has a distilled LoRA, whose strength differs between the stages.
        { System.IO.Path.Combine(Repository.Goldens, "model"), 64, ScalarType.Float32 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Five_requests_that_alternate_three_sets_equal_fresh_pipelines_bit_for_bit(string model, int width, ScalarType type)
    {
        string one = Write("one", width, 0.2f, "0.attn1.to_q", "1.attn1.to_k", "1.ff.net.0.proj"), two = Write("two", width, -0.3f, "0.attn1.to_q", "0.attn2.to_v");
        LoraChoice[][] sets =
        [
            [new LoraChoice(one)],
            // The first layer's sum is another one; the second stage does without.
            [new LoraChoice(two, 0.7, LoraStages.Stage1)],
            // In the first stage as in the first set, and more in the second.
            [new LoraChoice(one), new LoraChoice(two, 0.5, LoraStages.Stage2)],
        ];
        RecordedClip[] fresh = [.. sets.Select(set => { using InpaintPipeline pipeline = Open(model, type); return Run(pipeline, set); })];
        for (int i = 0; i < fresh.Length; i++)
        {
            for (int j = 0; j < i; j++) Assert.NotEqual(fresh[j].Frames, fresh[i].Frames);
        }
        using InpaintPipeline worker = Open(model, type);
        foreach (int set in (int[])[0, 1, 2, 0, 1])
        {
            RecordedClip clip = Run(worker, sets[set]);
            Assert.Equal(fresh[set].Frames, clip.Frames);
            Assert.Equal(fresh[set].Sound!.Channels, clip.Sound!.Channels);
        }
    }

    [Fact]
    public void What_was_prepared_gives_the_same_clip_and_what_cannot_be_prepared_is_left_to_the_run()
    {
        using InpaintPipeline pipeline = Open(Repository.Miniature, ScalarType.Float32);
        LoraChoice[] set = [new LoraChoice(MiniaturePipeline.Magenta, 0.8)];
        RecordedClip plain = Run(pipeline, set);
        InpaintPipeline.Prepare(set.Select(lora => lora.Path));
        Assert.Equal(plain.Frames, Run(pipeline, set).Frames);
        InpaintPipeline.Prepare(["/nowhere.safetensors", System.IO.Path.Combine(Repository.Miniature, ModelFolder.FileName)]);
        Assert.Equal(plain.Frames, Run(pipeline, set).Frames);
    }

    [Fact]
    public void A_run_that_fails_while_LoRAs_are_merged_leaves_the_next_one_as_it_was()
    {
        string lora = Write("one", 64, 0.2f, "0.attn1.to_q", "1.ff.net.0.proj"), model = System.IO.Path.Combine(Repository.Goldens, "model");
        LoraChoice[] set = [new LoraChoice(lora)];
        using InpaintPipeline pipeline = Open(model, ScalarType.Float32);
        RecordedClip without = Run(pipeline, []), with = Run(pipeline, set);
        Assert.NotEqual(without.Frames, with.Frames);
        // The merge has begun, and nobody waits for it.
        InpaintRequest request = MiniatureClip.Request(9, 64, 64).With(p => p with { Loras = set });
        void Fail(string name, Tensor tensor)
        {
            if (name == "mask1") throw new InvalidOperationException("seen");
        }

        Exception failed = Assert.Throws<InvalidOperationException>(
            () => pipeline.Run(request, new RecordedClip(), null, null, Fail, TestContext.Current.CancellationToken));
        Assert.Equal("seen", failed.Message);
        Assert.Equal(without.Frames, Run(pipeline, []).Frames);
        Assert.Equal(with.Frames, Run(pipeline, set).Frames);
    }

    private static InpaintPipeline Open(string model, ScalarType type) => new(ModelFolder.Open(model), CPU, type);

    private static RecordedClip Run(InpaintPipeline pipeline, LoraChoice[] loras)
    {
        RecordedClip clip = new();
        pipeline.Run(MiniatureClip.Request(9, 64, 64).With(p => p with { Loras = loras }), clip, cancellation: TestContext.Current.CancellationToken);
        return clip;
    }

    private string Write(string name, int width, float value, params string[] layers) => folder.Write(
        name + ".safetensors", [.. layers.Select(layer => LoraPart.Filled("diffusion_model.transformer_blocks." + layer, width, layer.Contains("ff", StringComparison.Ordinal) ? 4 * width : width, value, 0.1f))]);
}
