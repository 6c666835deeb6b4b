using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

[Collection(MiniaturePipelineTests.Name)]
public class PipelineOutputTests(MiniaturePipeline miniature)
{
    [Theory]
    [InlineData(9, 128, 128)]
    [InlineData(1, 64, 64)]
    [InlineData(10, 100, 130)]
    public void A_clip_of_any_length_and_size_comes_back_in_it_and_keeps_what_lies_beyond_the_feather(int frames, int height, int width)
    {
        InpaintRequest request = MiniatureClip.Request(frames, height, width);
        RecordedClip clip = miniature.Run(request);
        Assert.Equal(frames, clip.Frames.Count);
        Assert.All(clip.Frames, frame => Assert.Equal(height * width * 3, frame.Length));
        for (int i = 0; i < frames; i++)
        {
            (long inside, long beyond) = Changes(request, i, clip.Frames[i]);
            Assert.Equal(0, beyond);
            Assert.True(inside > request.Mask[i].Count(pixel => pixel > 0) / 2, $"frame {i}: {inside} pixels inside the mask were changed");
        }
    }

    [Fact]
    public void Planes_come_back_as_planes_and_are_untouched_beyond_the_feather()
    {
        InpaintRequest request = MiniatureClip.Request(4, 66, 70).InPlanes();
        RecordedClip clip = miniature.Run(request);
        Assert.Equal(4, clip.Frames.Count);
        for (int i = 0; i < 4; i++)
        {
            (byte[] before, byte[] after) = (request.Frames[i], clip.Frames[i]);
            Assert.Equal(70 * 66 * 3 / 2, after.Length);
            long inside = 0;
            for (int at = 0; at < before.Length; at++)
            {
                // The pixels that the byte tells of: one, or a square of four.
                int chroma = at - 66 * 70, sample = chroma % (33 * 35), side = chroma < 0 ? 1 : 2;
                (int y, int x) = chroma < 0 ? (at / 70, at % 70) : (sample / 35 * 2, sample % 35 * 2);
                bool Near(int reach) => Enumerable.Range(y - reach, side + 2 * reach).Any(v => v is >= 0 and < 66 && Enumerable.Range(x - reach, side + 2 * reach).Any(u => u is >= 0 and < 70 && request.Mask[i][v * 70 + u] > 127));
                if (before[at] == after[at]) continue;
                Assert.True(Near(12), $"frame {i}, byte {at}");
                if (Near(0)) inside++;
            }
            Assert.True(inside > request.Mask[i].Count(pixel => pixel > 0) / 2, $"frame {i}: {inside} bytes inside the mask were changed");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    public void A_mask_without_white_gives_the_source_back_untouched_and_says_so(byte grey)
    {
        InpaintRequest request = MiniatureClip.Request() with { Mask = MiniatureClip.Uniform(grey, 9, 128 * 128) };
        RecordedClip clip = new();
        InpaintReport report = miniature.Pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(request.Frames, clip.Frames);
        Assert.Null(clip.Sound);
        Assert.Equal("The mask has no white pixel, so the source is returned as it is.", report.Notes[^1]);
    }

    [Fact]
    public void A_shorter_mask_holds_its_last_frame_and_a_longer_one_ends_with_the_clip()
    {
        byte[] mask = MiniatureClip.Rectangle(1, 128, 128)[0];
        InpaintRequest request = MiniatureClip.Request();
        IReadOnlyList<byte[]> held = miniature.Run(request with { Mask = [mask] }).Frames;
        Assert.Equal(held, miniature.Run(request with { Mask = [.. Enumerable.Repeat(mask, 9), .. MiniatureClip.Uniform(255, 3, 128 * 128)] }).Frames);
    }

    [Fact]
    public void Sound_is_made_as_long_as_the_clip()
    {
        SoundClip sound = Assert.IsType<SoundClip>(miniature.Plain.Sound);
        Assert.Equal(48000, sound.SampleRate);
        Assert.Equal([18000, 18000], sound.Channels.Select(channel => channel.Length));
        Assert.All(sound.Channels, channel => Assert.All(channel, sample => Assert.InRange(sample, -1, 1)));
    }

    [Fact]
    public void Without_sound_the_frames_are_the_same()
    {
        RecordedClip silent = miniature.Run(MiniatureClip.Request().With(p => p with { GenerateAudio = false }));
        Assert.Null(silent.Sound);
        Assert.Equal(1, silent.Begun);
        Assert.Equal(miniature.Plain.Frames, silent.Frames);
    }

    [Theory]
    [InlineData(6000)]
    [InlineData(100)]
    public void The_sources_sound_is_listened_to_and_kept_and_none_is_made(int samples)
    {
        float[] tone = [.. Enumerable.Range(0, samples).Select(i => 0.3f * MathF.Sin(i * 0.2f))];
        InpaintRequest request = MiniatureClip.Request() with { SourceSound = new SoundClip([tone, tone], miniature.Pipeline.SourceSoundRate) };
        Assert.True(miniature.Pipeline.KeepsSound(request));
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> seen = [];
        RecordedClip clip = new();
        miniature.Pipeline.Run(request, clip, null, null, (name, tensor) =>
        {
            if (name.Contains("audio", StringComparison.Ordinal)) seen[name] = tensor.clone().DetachFromDisposeScope();
        }, TestContext.Current.CancellationToken);
        Assert.Null(clip.Sound);
        // Neither noised nor denoised, in either stage.
        Tensor kept = Patchifier.AudioTokens(seen["stage1.audio"]);
        Assert.True(kept.equal(seen["noised1.audio"]).all().item<bool>());
        Assert.True(kept.equal(seen["noised2.audio"]).all().item<bool>());
        Assert.True(kept.std().item<float>() > 0);
        foreach (Tensor tensor in seen.Values) tensor.Dispose();
        // It is heard.
        Assert.NotEqual(miniature.Plain.Frames, clip.Frames);
    }

    [Fact]
    public void Progress_rises_from_0_to_1_through_the_stages_in_their_order()
    {
        List<InpaintProgress> told = [];
        InpaintReport report = miniature.Pipeline.Run(MiniatureClip.Request(), new RecordedClip(), told.Add, TestContext.Current.CancellationToken);
        string[] stages = ["preparing", "prompt", "source", "stage 1", "upsampling", "stage 2", "sound", "frames"];
        Assert.Equal(stages, report.Stages.Select(stage => stage.Stage));
        Assert.Equal(stages, told.Select(progress => progress.Stage).Distinct());
        Assert.Equal(0, told[0].Fraction);
        Assert.Equal(1, told[^1].Fraction, 1e-9);
        Assert.Equal(told.Select(progress => progress.Fraction).Order(), told.Select(progress => progress.Fraction));
        // Steps are the schedule's, told of at every one of two evaluations a step and a last one; a frame at a time at the end.
        Assert.Equal((2 * MiniatureClip.Steps + 2, MiniatureClip.Steps), (Steps("stage 1").Count(), Steps("stage 1").Last()));
        Assert.Equal(Enumerable.Range(0, MiniatureClip.Steps + 1), Steps("stage 1").Distinct());
        Assert.Equal((2 * 3 + 2, 3), (Steps("stage 2").Count(), Steps("stage 2").Last()));
        Assert.Equal(Enumerable.Range(0, 10), Steps("frames"));
        Assert.All(told, progress => Assert.InRange(progress.Step, 0, progress.Steps));

        IEnumerable<int> Steps(string stage) => told.Where(progress => progress.Stage == stage).Select(progress => progress.Step);
    }

    [Fact]
    public void A_source_above_the_bound_is_worked_on_smaller_and_comes_back_in_its_size_with_every_other_pixel()
    {
        using InpaintPipeline pipeline = new(Ltx.Inference.Weights.ModelFolder.Open(Repository.Miniature), CPU, ScalarType.Float32, new InpaintOptions(WorkingPixels: 96 * 96));
        InpaintRequest request = MiniatureClip.Request(1, 190, 190).With(p => p with { Steps = 1, GenerateAudio = false });
        RecordedClip clip = new();
        InpaintReport report = pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains(report.Notes, note => note.StartsWith("Worked on at 96x96: 16 tokens at full size, where the source's own 190x190 has 36 (0.44 times).", StringComparison.Ordinal));
        Assert.Equal(190 * 190 * 3, Assert.Single(clip.Frames).Length);
        (long inside, long beyond) = Changes(request, 0, clip.Frames[0]);
        Assert.Equal(0, beyond);
        Assert.True(inside > request.Mask[0].Count(pixel => pixel > 0) / 2);
    }

    // Pixels that are not the source's: inside the mask, and beyond the default feather of 12 pixels around it.
    private static (long Inside, long Beyond) Changes(InpaintRequest request, int frame, byte[] result)
    {
        (byte[] source, byte[] mask, int width, int height) = (request.Frames[frame], request.Mask[frame], request.Width, request.Height);
        bool White(int y, int x) => y >= 0 && y < height && x >= 0 && x < width && mask[y * width + x] > 127;
        long inside = 0, beyond = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (source.AsSpan(3 * i, 3).SequenceEqual(result.AsSpan(3 * i, 3))) continue;
            (int y, int x) = (i / width, i % width);
            if (White(y, x)) inside++;
            // The mask is a rectangle, so that it lies within reach if one of the nine does.
            else if (!new[] { -12, 0, 12 }.Any(dy => new[] { -12, 0, 12 }.Any(dx => White(y + dy, x + dx)))) beyond++;
        }
        return (inside, beyond);
    }
}
