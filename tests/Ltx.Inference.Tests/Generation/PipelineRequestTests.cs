using Ltx.Inference.Generation;
using Ltx.Inference.Tests.Lora;

namespace Ltx.Inference.Tests.Generation;

/// <summary>What changes a result, and what does not.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class PipelineRequestTests(MiniaturePipeline miniature, PipelineRequestTests.PlainRun first) : IClassFixture<PipelineRequestTests.PlainRun>
{
    // That something changes shows in the smallest clip and in two steps.
    private const int Frames = 9, Side = 64;

    private static InpaintRequest Plain => MiniatureClip.Request(Frames, Side, Side).With(p => p with { Steps = 2, GenerateAudio = false });

    private static InpaintRequest WithLora(double scale = 1, LoraStages stages = LoraStages.Both) => Plain.With(p => p with { Loras = [new LoraChoice(MiniaturePipeline.Magenta, scale, stages)] });

    /// <summary>What <see cref="Plain"/> gives, computed once.</summary>
    public sealed class PlainRun
    {
        internal RecordedClip? Clip { get; set; }
    }

    private readonly RecordedClip plain = first.Clip ??= miniature.Run(Plain);

    [Fact]
    public void A_seed_gives_the_same_bytes_again_and_another_others()
    {
        AssertSame(plain, miniature.Run(Plain));
        AssertChangedInside(plain, miniature.Run(Plain.With(p => p with { Seed = 1235 })));
    }

    [Fact]
    public void Video_strength_changes_the_result() => AssertChangedInside(plain, miniature.Run(Plain.With(p => p with { VideoStrength = 0.5 })));

    [Fact]
    public void The_number_of_steps_changes_the_result() => AssertChangedInside(plain, miniature.Run(Plain.With(p => p with { Steps = 3 })));

    [Fact]
    public void The_prompt_changes_the_result() => AssertChangedInside(plain, miniature.Run(Plain.With(p => p with { Prompt = "a blue square" })));

    [Fact]
    public void The_frame_rate_changes_the_result() => AssertChangedInside(plain, miniature.Run(Plain with { FramesPerSecond = 12 }));

    [Fact]
    public void Guidance_changes_the_result_and_the_negative_prompt_only_with_it()
    {
        const double Guidance = 8;
        RecordedClip guided = miniature.Run(Plain.With(p => p with { GuidanceScale = Guidance }));
        AssertChangedInside(plain, guided);
        AssertChangedInside(guided, miniature.Run(Plain.With(p => p with { GuidanceScale = Guidance, NegativePrompt = "a green triangle" })));
        AssertSame(plain, miniature.Run(Plain.With(p => p with { NegativePrompt = "a green triangle" })));
    }

    [Fact]
    public void The_scale_of_a_LoRA_changes_the_result_and_a_scale_of_0_does_not()
    {
        RecordedClip full = miniature.Run(WithLora());
        AssertChangedInside(plain, full);
        AssertChangedInside(full, miniature.Run(WithLora(0.5)));
        AssertSame(plain, miniature.Run(WithLora(0)));
    }

    [Fact]
    public void Each_stage_of_a_LoRA_gives_another_result()
    {
        RecordedClip[] clips = [plain, .. new[] { LoraStages.Both, LoraStages.Stage1, LoraStages.Stage2 }.Select(stages => miniature.Run(WithLora(1, stages)))];
        for (int i = 0; i < clips.Length; i++)
        {
            for (int j = 0; j < i; j++) AssertChangedInside(clips[i], clips[j]);
        }
    }

    [Fact]
    public void What_was_asked_before_does_not_matter()
    {
        RecordedClip changed = miniature.Run(WithLora());
        AssertSame(plain, miniature.Run(Plain));
        AssertSame(changed, miniature.Run(WithLora()));
    }

    [Fact]
    public void A_LoRA_that_is_not_finite_is_the_users_fault_and_the_next_request_does_without_it()
    {
        using LoraFolder folder = new();
        string bad = folder.Write("bad.safetensors", [LoraPart.Filled("diffusion_model.transformer_blocks.0.attn1.to_q", 192, 192, float.NaN)]);
        foreach (LoraStages stages in Enum.GetValues<LoraStages>())
        {
            RecordedClip clip = new();
            InferenceException refused = Assert.ThrowsAny<InferenceException>(() => miniature.Pipeline.Run(Plain.With(p => p with { Loras = [new LoraChoice(bad, 1, stages)] }), clip, cancellation: TestContext.Current.CancellationToken));
            Assert.Equal(Fault.Input, refused.Fault);
            Assert.Contains("bad.safetensors", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, clip.Begun);
        }
        AssertSame(plain, miniature.Run(Plain));
    }

    [Theory]
    [InlineData("stage 1", 1)]
    [InlineData("stage 2", 2)]
    [InlineData("frames", 1)]
    public void Cancelled_it_stops_within_one_evaluation_and_the_next_request_is_whole(string stage, int step)
    {
        using CancellationTokenSource source = new();
        List<InpaintProgress> after = [];
        RecordedClip clip = new();
        Assert.Throws<OperationCanceledException>(() => miniature.Pipeline.Run(Plain, clip, progress =>
        {
            if (source.IsCancellationRequested) after.Add(progress);
            if (progress.Stage == stage && progress.Step == step) source.Cancel();
        }, source.Token));
        Assert.Empty(after);
        Assert.Equal(stage == "frames" ? step : 0, clip.Frames.Count);
        AssertSame(plain, miniature.Run(Plain));
    }

    public static TheoryData<string, Func<InpaintRequest, InpaintRequest>> Senseless => new()
    {
        { "The source has no frames", request => request with { Frames = [] } },
        { "The mask has no frames", request => request with { Mask = [] } },
        { "both sides must be even", request => request with { Width = 63 } },
        { "both sides must be even", request => request with { Height = 0 } },
        { "A frame is not 64x64 pixels of three bytes", request => request with { Frames = [new byte[3]] } },
        { "A frame of the mask is not 64x64 pixels", request => request with { Mask = [new byte[3]] } },
        { "0 frames a second", request => request with { FramesPerSecond = 0 } },
        { "NaN frames a second", request => request with { FramesPerSecond = double.NaN } },
        { "0 steps", request => request.With(p => p with { Steps = 0 }) },
        { "guidance scale of 0.5", request => request.With(p => p with { GuidanceScale = 0.5 }) },
        { "guidance scale of", request => request.With(p => p with { GuidanceScale = double.PositiveInfinity }) },
        { "video strength of 1.1", request => request.With(p => p with { VideoStrength = 1.1 }) },
        { "video strength of NaN", request => request.With(p => p with { VideoStrength = double.NaN }) },
        { "must have two channels", request => request with { SourceSound = new SoundClip([new float[9]], 16000) } },
        { "44100 samples a second, and 16000 are wanted", request => request with { SourceSound = new SoundClip([new float[9], new float[9]], 44100) } },
        { "4 LoRAs were given, and at most 3", request => request.With(p => p with { Loras = [.. Enumerable.Repeat(new LoraChoice(MiniaturePipeline.Magenta), 4)] }) },
        { "magenta.safetensors has the scale NaN", request => request.With(p => p with { Loras = [new LoraChoice(MiniaturePipeline.Magenta, double.NaN)] }) },
        { "nowhere.safetensors", request => request.With(p => p with { Loras = [new LoraChoice("/nowhere.safetensors")] }) },
    };

    [Theory]
    [MemberData(nameof(Senseless), DisableDiscoveryEnumeration = true)]
    public void A_request_that_makes_no_sense_is_the_users_fault_in_one_sentence(string sentence, Func<InpaintRequest, InpaintRequest> change)
    {
        InferenceException refused = Assert.ThrowsAny<InferenceException>(() => miniature.Run(change(Plain)));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static void AssertSame(RecordedClip expected, RecordedClip actual) => Assert.Equal(expected.Frames, actual.Frames);

    // Not here and there: a good part of what is inside the mask. Beyond it the seam follows, and the rest of the frame is the source.
    private static void AssertChangedInside(RecordedClip one, RecordedClip other)
    {
        const double LeastShare = 0.2;
        byte[][] mask = MiniatureClip.Rectangle(Frames, Side, Side);
        Assert.Equal(one.Frames.Count, other.Frames.Count);
        (int inside, int changed) = (0, 0);
        for (int frame = 0; frame < one.Frames.Count; frame++)
        {
            foreach (int i in Enumerable.Range(0, Side * Side).Where(pixel => mask[frame][pixel] > 0))
            {
                inside++;
                if (!one.Frames[frame].AsSpan(3 * i, 3).SequenceEqual(other.Frames[frame].AsSpan(3 * i, 3))) changed++;
            }
        }
        Assert.True(changed > LeastShare * inside, $"only {changed} of {inside} pixels inside the mask differ");
    }
}
