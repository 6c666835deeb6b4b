using Ltx.Inference.Expansion;
using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Recipes;
using Ltx.Inference.Sampling;
using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>One run's state, and what its stages do with it. Their order is <see cref="InpaintPipeline.Run(InpaintRequest, IInpaintSink, Action{InpaintProgress}?, CancellationToken)"/>'s.</summary>
internal sealed class PipelineRun(
    InpaintModels models, Recipe recipe, InpaintRequest request, WorkingSize size, LoraSet loras, StageClock clock, Action<string, Tensor>? observe, CancellationToken cancellation) : IDisposable
{
    // What stages draw that have no seed of their own.
    private readonly NoiseSource shared = new(request.Seed);
    private readonly List<NoiseSource> own = [];

    public InpaintModels Models => models;

    public InpaintRequest Request => request;

    public WorkingSize Size => size;

    public LoraSet Loras => loras;

    public StageClock Clock => clock;

    public CancellationToken Cancellation => cancellation;

    /// <summary>What the request's frames are, and the result's.</summary>
    public FrameLayout Layout { get; } = FrameLayout.Of(request);

    /// <summary>Half size, from noise.</summary>
    public DenoisingStage Stage1 => new(this, 1, recipe.Stage1, size.HalfPadded.ToLatent(models.VideoScale), loras.InStage1(recipe.Stage1));

    /// <summary>Full size, from what the first stage made.</summary>
    public DenoisingStage Stage2 => new(this, 2, recipe.Stage2, size.Padded.ToLatent(models.VideoScale), loras.InStage2(recipe.Stage2));

    /// <summary>From what a stage's noise follows.</summary>
    public long SeedOf(RecipeStage stage) => request.Seed + (stage.NoiseSeed ?? 0);

    /// <summary>A stage's noise: of its own, or what follows on the stage before.</summary>
    public NoiseSource NoiseOf(RecipeStage stage)
    {
        if (stage.NoiseSeed is null) return shared;
        own.Add(new NoiseSource(SeedOf(stage)));
        return own[^1];
    }

    /// <summary>The mask at the source's size.</summary>
    /// <returns>[F, 1, H, W] bool, as many frames as the clip has</returns>
    public Tensor ReadMask()
    {
        using var scope = NewDisposeScope();
        List<byte[]> frames = [.. request.Mask.Take(request.Frames.Count)];
        Tensor mask = ClipTensors.White(ClipTensors.Bytes(frames, request.Height, request.Width, 1, models.Device));
        return ClipTensors.Pad(mask, size.Source, reflect: false).MoveToOuterDisposeScope();
    }

    /// <summary>The prompt is written out, and what came of it is encoded.</summary>
    /// <param name="given">encoded already; null where it is not</param>
    /// <param name="keepsSound">whether the result has the source's own sound</param>
    public (string Prompt, PromptContexts Contexts) ReadText(PromptContexts? given, bool keepsSound)
    {
        static PromptContext Encode(PromptEncoder text, string words)
        {
            PromptContext context = text.Encode([words]);
            Finite(InpaintStages.Prompt, context.Video, context.Audio);
            return context;
        }

        bool usesNegative = recipe.UsesNegativePrompt(request.GuidanceScale);
        if (given is not null && (given.Negative is not null || !usesNegative)) return (request.Prompt, given);
        return models.WithText(text =>
        {
            string prompt = given is null ? Expand(text, keepsSound) : request.Prompt;
            return (prompt, new PromptContexts(given?.Positive ?? Encode(text, prompt), usesNegative ? Encode(text, request.NegativePrompt) : null));
        });
    }

    /// <summary>What the model is given of the source.</summary>
    /// <param name="source">[F, bytes of a frame], in the request's layout; as RGB it is there no longer than this takes</param>
    /// <param name="mask">[F, 1, H, W] bool</param>
    public EncodedClip EncodeClip(Tensor source, Tensor mask)
    {
        using var scope = NewDisposeScope();
        StageMasks masks = StageMasks.Of(mask, size, recipe.Mask);
        Show(("mask1", masks.Half), ("mask2", masks.Full));
        EncodedClip clip = EncodedClip.Encode(Working(source), masks, models, loras, recipe);
        ReadOnlySpan<(string, Tensor?)> all =
        [
            ("guide1", clip.Guide1), ("clean1", clip.Stage1.Clean), ("clean2", clip.Stage2.Clean), ("reference1", clip.Stage1.Reference), ("reference2", clip.Stage2.Reference),
            ("keep1", clip.Stage1.Keep), ("keep2", clip.Stage2.Keep),
        ];
        foreach ((string name, Tensor? tensor) in all)
        {
            if (tensor is null) continue;
            Finite(InpaintStages.Source, tensor);
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

    /// <summary>The source's sound as a latent, as long as the clip is inside; silence where it ends before that.</summary>
    /// <returns>[1, C, T, F]</returns>
    public Tensor EncodeSound()
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
        Finite(InpaintStages.Source, latent);
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
        Finite(InpaintStages.Upsampling, start);
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
            cancellation.ThrowIfCancellationRequested();
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
        Finite(InpaintStages.Sound, waveform);
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

    /// <summary>Decodes, puts together and hands out, frame by frame.</summary>
    /// <param name="latent">[1, C, f, h, w] of the second stage</param>
    /// <param name="source">[F, bytes of a frame]</param>
    /// <param name="mask">[F, 1, H, W] bool: the request's own</param>
    /// <param name="widened">[F, 1, h, w] at the size worked on, for the publisher's composite; null for others</param>
    /// <param name="sink">takes the frames</param>
    /// <param name="tell">told how many are out</param>
    public bool Write(Tensor latent, Tensor source, Tensor mask, Tensor? widened, IInpaintSink sink, Action<int> tell)
    {
        SeamBlend seam = new(widened is not null ? CompositeMode.None : recipe.Composite.Kind, recipe.Composite.Feather.On(request.Height, request.Width), Layout);
        int written = 0;
        using IEnumerator<Tensor> pieces = models.DecodeVideo(latent).GetEnumerator();
        while (written < request.Frames.Count && clock.Part(InpaintStages.Decoding, pieces.MoveNext))
        {
            using var scope = NewDisposeScope();
            Tensor piece = pieces.Current;
            scope.Attach(piece);
            cancellation.ThrowIfCancellationRequested();
            // Frames that only fill the grid go.
            int count = Math.Min((int)piece.shape[2], request.Frames.Count - written);
            if (count == 0) break;
            // [1, 3, n, H, W] -> [n, 3, H, W]
            Tensor generated = piece[0].narrow(1, 0, count).transpose(0, 1);
            // As few frames at once as the larger of both sizes wants.
            long step = Math.Min(ClipTensors.FramesAtOnce(request.Height, request.Width), ClipTensors.FramesAtOnce(generated.shape[2], generated.shape[3]));
            for (long start = 0; start < count; start += step)
            {
                long frames = Math.Min(step, count - start);
                Tensor numbers = generated.narrow(0, start, frames), before = source.narrow(0, written, frames);
                // Looked at here, so that a device that decodes on its own is waited for in the part that it works for.
                clock.Part(InpaintStages.Decoding, () => Finite(InpaintStages.Frames, numbers));
                using Tensor finished = clock.Part(InpaintStages.Compositing, () =>
                {
                    using var inner = NewDisposeScope();
                    Tensor shown = widened is null ? numbers : InPyramid(numbers, before, widened.narrow(0, written, frames));
                    Tensor white = mask.narrow(0, written, frames).to(ScalarType.Float32);
                    return seam.Composite(before, size.ToResult(shown), white).cpu().MoveToOuterDisposeScope();
                });
                for (int i = 0; i < frames; i++)
                {
                    // The sink may hold each frame for as long as it likes.
                    cancellation.ThrowIfCancellationRequested();
                    byte[] frame = clock.Part(InpaintStages.Compositing, () => finished[i].ToArray<byte>());
                    clock.Part(InpaintStages.Handing, () => sink.Write(frame));
                    tell(++written);
                }
            }
        }
        return true;
    }

    /// <exception cref="NonFiniteException">One of them is not.</exception>
    public static void Finite(string stage, params ReadOnlySpan<Tensor> tensors)
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
        if (observe is null) return;
        foreach ((string name, Tensor tensor) in tensors) observe(name, tensor);
    }

    public void Dispose()
    {
        shared.Dispose();
        own.ForEach(noise => noise.Dispose());
    }

    // The publisher's composite: what was made over the guide's picture, at the size worked on. [n, 3, h, w] from -1 to 1, both ways
    private Tensor InPyramid(Tensor generated, Tensor source, Tensor mask)
    {
        Tensor around = ClipTensors.Guide(ClipTensors.ToVideo(size.ToWorking(Layout.ToRgb(source), (int)source.shape[0]), ScalarType.Float32), mask)[0].transpose(0, 1);
        return PyramidBlend.Blend(FromNull(generated), FromNull(around), mask, recipe.Composite.LowResDilation) * 2 - 1;
    }

    // From -1 to 1 -> from 0 to 1, in float32
    private static Tensor FromNull(Tensor frames) => ((frames.AtLeastFloat32() + 1) / 2).clamp_(0, 1);

    private string Expand(PromptEncoder text, bool keepsSound)
    {
        if (!request.ExpandPrompt) return request.Prompt;
        if (!models.ExpandsPrompts)
        {
            clock.Note(PromptExpander.NotOfThisModel);
            return request.Prompt;
        }
        if (text.Streams)
        {
            clock.Note("The prompt is used as it is: this card holds the text encoder only layer by layer, and every word of an expansion would take as long as reading all of it.");
            return request.Prompt;
        }
        bool withSound = request.GenerateAudio && !keepsSound;
        MarkedFrame? frame = text.Sees ? MarkedFrame.Of(request.Uncropped ?? request) : null;
        ExpandedPrompt expansion = clock.Part(InpaintStages.Expansion, () => new PromptExpander(text).Expand(request.Prompt, withSound, request.Seed, request.AllowsExpansion, cancellation, frame?.Picture, request.MaxExpansionTokens));
        if (frame is not null) clock.Note($"The text model was shown frame {frame.Index} with the masked region in green.");
        clock.Note(expansion.Note);
        return expansion.Prompt;
    }
}
