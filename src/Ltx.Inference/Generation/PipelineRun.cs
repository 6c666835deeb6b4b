using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>One run's state, and what its stages do with it. Their order is <see cref="InpaintPipeline.Run(InpaintRequest, IInpaintSink, Action{InpaintProgress}?, CancellationToken)"/>'s.</summary>
/// <param name="models">what it computes with</param>
/// <param name="planned">the request, and what was decided about it</param>
/// <param name="loras">the request's, open</param>
/// <param name="watch">who looks at it</param>
internal sealed class PipelineRun(InpaintModels models, PlannedRun planned, LoraSet loras, RunWatch watch) : IDisposable
{
    private readonly InpaintRequest request = planned.Request;
    private readonly Recipe recipe = planned.Recipe;
    private readonly WorkingSize size = planned.Size;

    // What stages draw that have no seed of their own.
    private readonly NoiseSource shared = new(planned.Request.Parameters.Seed);
    private readonly List<NoiseSource> own = [];
    private MergeAhead? ahead;

    public InpaintModels Models => models;

    public PlannedRun Planned => planned;

    public InpaintRequest Request => request;

    public WorkingSize Size => size;

    public LoraSet Loras => loras;

    public StageClock Clock => watch.Clock;

    public CancellationToken Cancellation => watch.Cancellation;

    /// <summary>What the request's frames are, and the result's.</summary>
    public FrameLayout Layout { get; } = FrameLayout.Of(planned.Request);

    /// <summary>Half size, from noise.</summary>
    public DenoisingStage Stage1 => new(this, 1, recipe.Stage1, size.HalfPadded.ToLatent(models.VideoScale), loras.InStage1(recipe.Stage1));

    /// <summary>Full size, from what the first stage made.</summary>
    public DenoisingStage Stage2 => new(this, 2, recipe.Stage2, size.Padded.ToLatent(models.VideoScale), loras.InStage2(recipe.Stage2));

    /// <summary>From what a stage's noise follows.</summary>
    public long SeedOf(RecipeStage stage) => request.Parameters.Seed + (stage.NoiseSeed ?? 0);

    /// <summary>A stage's noise: of its own, or what follows on the stage before.</summary>
    public NoiseSource NoiseOf(RecipeStage stage)
    {
        if (stage.NoiseSeed is null) return shared;
        own.Add(new NoiseSource(SeedOf(stage)));
        return own[^1];
    }

    /// <summary>Begins to merge LoRAs, where there is room for that beside what is computed until they are used.</summary>
    public void MergeAhead(DenoisingStage stage)
    {
        if (planned.MergesAhead) ahead = new MergeAhead(() => loras.Merge(models.Merger, stage.Loras));
    }

    /// <summary>Makes the transformer use what a stage uses.</summary>
    public void Merge(DenoisingStage stage)
    {
        ahead?.Wait();
        loras.Merge(models.Merger, stage.Loras);
    }

    /// <summary>The clip on the device, and its mask at the source's size.</summary>
    /// <returns>[F, bytes of a frame], and [F, 1, H, W] bool, as many frames as the clip has</returns>
    public (Tensor Source, Tensor Mask) ReadClip() => (Layout.Upload(request.Frames, models.Device), ReadMask());

    /// <summary>What a clip without a white pixel in its mask gets: itself.</summary>
    public InpaintReport ReturnSource()
    {
        Clock.Note("The mask has no white pixel, so the source is returned as it is.");
        planned.Sink.Begin(null);
        foreach (byte[] frame in request.Frames) planned.Sink.Write(frame);
        return Report(request.Parameters.Prompt);
    }

    /// <summary>What is to be said now that it is over.</summary>
    /// <param name="prompt">what was encoded</param>
    public InpaintReport Report(string prompt) => new(prompt, Clock.Stop(), loras.Matches, Clock.Notes);

    // [F, 1, H, W] bool
    private Tensor ReadMask()
    {
        using var scope = NewDisposeScope();
        List<byte[]> frames = [.. request.Mask.Take(request.Frames.Count)];
        Tensor mask = ClipTensors.White(ClipTensors.Bytes(frames, request.Height, request.Width, 1, models.Device));
        return ClipTensors.Pad(mask, size.Source, reflect: false).MoveToOuterDisposeScope();
    }

    /// <summary>What the model is given of the source, and its sound where that is kept.</summary>
    /// <param name="source">[F, bytes of a frame], in the request's layout; as RGB it is there no longer than this takes</param>
    /// <param name="mask">[F, 1, H, W] bool</param>
    /// <returns>the sound [1, C, T, F], or null where it is made</returns>
    public (EncodedClip Clip, Tensor? Sound) Encode(Tensor source, Tensor mask) => (EncodeClip(source, mask), planned.KeepsSound ? EncodeSound() : null);

    private EncodedClip EncodeClip(Tensor source, Tensor mask)
    {
        using var scope = NewDisposeScope();
        StageMasks masks = StageMasks.Of(mask, size, recipe.Mask);
        Show(("mask1", masks.Half), ("mask2", masks.Full));
        Tensor? reference = request.Reference is { } other ? Working(Layout.Upload(other, models.Device)) : null;
        EncodedClip clip = EncodedClip.Encode(Working(source), reference, masks, models, loras, recipe);
        ReadOnlySpan<(string, Tensor?)> all =
        [
            ("guide1", clip.Guide1), ("clean1", clip.Stage1.Clean), ("clean2", clip.Stage2.Clean), ("reference1", clip.Stage1.Reference), ("reference2", clip.Stage2.Reference),
            ("keep1", clip.Stage1.Keep), ("keep2", clip.Stage2.Keep),
        ];
        foreach ((string name, Tensor? tensor) in all)
        {
            if (tensor is null) continue;
            Finite(InpaintStage.Source, tensor);
            Show((name, tensor));
        }
        return clip.MoveToOuterDisposeScope();
    }

    // [F, bytes of a frame] -> [F', 3, h, w] RGB bytes on the grid
    private Tensor Working(Tensor source)
    {
        using var scope = NewDisposeScope();
        return size.ToWorking(Layout.ToRgb(source), size.Padded.Frames).MoveToOuterDisposeScope();
    }

    // As long as the clip is inside, silence where it ends before that: [1, C, T, F].
    private Tensor EncodeSound()
    {
        using var scope = NewDisposeScope();
        AudioScale scale = models.AudioScale;
        int frames = scale.LatentFrames(size.Padded.Frames, request.FramesPerSecond);
        int samples = Math.Max(frames * scale.Downsample * scale.HopLength, models.Audio.MinimumSamples);
        float[] planes = new float[2 * samples];
        for (int channel = 0; channel < 2; channel++)
        {
            float[] from = request.SourceSound!.Channels[channel];
            Array.Copy(from, 0, planes, channel * samples, Math.Min(from.Length, samples));
        }
        Tensor latent = models.Audio.Encode(tensor(planes, [1, 2, samples])).narrow(2, 0, frames);
        Finite(InpaintStage.Source, latent);
        Show(("sound", latent));
        return latent.MoveToOuterDisposeScope();
    }

    /// <summary>What the second stage begins with.</summary>
    /// <param name="video">[1, C, f, h, w] of the first stage</param>
    /// <returns>[1, C, f, 2h, 2w]</returns>
    public Tensor HandOver(Tensor video, EncodedClip clip)
    {
        using var scope = NewDisposeScope();
        Tensor start = recipe.Handover.Kind == HandoverKind.Latent ? models.Upsampler.Upsample(video, models.VideoEncoder.Statistics) : models.EncodeVideo(BlendAndEnlarge(video, clip.Guide1!, clip.Mask1!));
        Finite(InpaintStage.Upsampling, start);
        Show((recipe.Handover.Kind == HandoverKind.Latent ? "upsampled" : "encoded2", start));
        return start.MoveToOuterDisposeScope();
    }

    // The first stage's clip with the guide's surroundings, twice as large. Source: ComfyUI-LTXVideo, the two-stage inpaint graph (aceeae9).
    private Tensor BlendAndEnlarge(Tensor latent, Tensor guide, Tensor mask)
    {
        PixelShape to = size.Padded;
        Tensor large = empty([1, 3, to.Frames, to.Height, to.Width], models.Type, models.Device);
        long done = 0;
        foreach (Tensor piece in models.DecodeVideo(latent))
        {
            using var scope = NewDisposeScope();
            scope.Attach(piece);
            watch.Cancellation.ThrowIfCancellationRequested();
            // [1, 3, n, h, w] -> [n, 3, h, w]
            Tensor frames = piece[0].transpose(0, 1);
            foreach ((long start, long count) in ClipTensors.Chunks(frames))
            {
                using var inner = NewDisposeScope();
                Tensor made = FromNull(frames.narrow(0, start, count)), around = FromNull(guide[0].narrow(1, done, count).transpose(0, 1));
                Tensor blended = PyramidBlend.Blend(made, around, mask.narrow(0, done, count), recipe.Handover.LowResDilation);
                Tensor enlarged = LanczosResize.Resize(blended, to.Height, to.Width).clamp_(0, 1);
                Show(($"decoded1.{done}", made), ($"blended1.{done}", blended), ($"enlarged.{done}", enlarged));
                large.narrow(2, done, count).copy_((enlarged * 2 - 1).transpose(0, 1).unsqueeze(0));
                done += count;
            }
        }
        return large;
    }

    /// <summary>The sound that was made, as long as the clip.</summary>
    public SoundClip DecodeSound(Tensor latent)
    {
        using var scope = NewDisposeScope();
        Tensor waveform = models.Audio.Decode(latent);
        Finite(InpaintStage.Sound, waveform);
        Show(("waveform", waveform));
        int samples = (int)Math.Round(request.Frames.Count / request.FramesPerSecond * models.Audio.OutputRate);
        Tensor planes = waveform.cpu().to(ScalarType.Float32)[0];
        float[] Channel(int index)
        {
            float[] channel = new float[samples];
            float[] made = planes[index].ToArray<float>();
            Array.Copy(made, channel, Math.Min(made.Length, samples));
            return channel;
        }

        return new SoundClip([Channel(0), Channel(1)], models.Audio.OutputRate);
    }

    /// <summary>From -1 to 1 -> from 0 to 1, in float32.</summary>
    public static Tensor FromNull(Tensor frames) => ((frames.AtLeastFloat32() + 1) / 2).clamp_(0, 1);

    /// <exception cref="NonFiniteException">One of them is not.</exception>
    public static void Finite(InpaintStage stage, params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            using var scope = NewDisposeScope();
            if (!tensor.isfinite().all().item<bool>()) throw new NonFiniteException(stage);
        }
    }

    /// <summary>Lets an observer look.</summary>
    public void Show(params ReadOnlySpan<(string Name, Tensor Tensor)> tensors)
    {
        if (watch.Observe is null) return;
        foreach ((string name, Tensor tensor) in tensors) watch.Observe(name, tensor);
    }

    public void Dispose()
    {
        ahead?.Dispose();
        shared.Dispose();
        own.ForEach(noise => noise.Dispose());
    }
}
