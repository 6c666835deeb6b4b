using System.Diagnostics;
using Ltx.Inference.Expansion;
using Ltx.Inference.Generation.Memory;
using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Sampling;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// Masked video inpainting with LTX-2.3 in two stages, from frames to frames: docs/inpaint-pipeline.md, step by step.
/// One run at a time; not thread-safe.
/// </summary>
public sealed class InpaintPipeline : IDisposable
{
    private readonly InpaintModels models;
    private readonly InpaintOptions options;
    private readonly MemoryKeeper memory;
    private StageClock? clock;

    /// <summary>Loads all models of a folder.</summary>
    /// <param name="folder">the model</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">bfloat16 or float32; the vocoder is always float32</param>
    /// <param name="options">the operator's choices</param>
    /// <param name="progress">told how far the loading is</param>
    /// <exception cref="WeightsException">A file is missing, damaged, or of another architecture.</exception>
    public InpaintPipeline(ModelFolder folder, Device device, ScalarType type, InpaintOptions? options = null, Action<LoadProgress>? progress = null)
    {
        LibTorch.Load();
        this.options = options ?? new InpaintOptions();
        memory = new MemoryKeeper(folder, device, type, this.options);
        Plan = memory.First;
        try
        {
            models = new InpaintModels(folder, device, type, this.options.Weights, memory.First.Arrangement, progress, memory.Pristine?.Source ?? PristineSource.File, this.options.ShowFrame);
        }
        finally
        {
            memory.Loaded();
        }
    }

    /// <summary>Where it computes.</summary>
    public Device Device => models.Device;

    /// <summary>How the last request was planned; before the first one, how the weights were placed.</summary>
    public MemoryPlan Plan { get; private set; }

    /// <summary>Where the transformer's own weights are read from when LoRAs change, and why, in a sentence or two; null on a CPU, which computes with what lies in the file.</summary>
    public string? Pristine => memory.Pristine is { } plan ? models.Transformer.PristineRefusal ?? plan.Reason : null;

    /// <summary>Samples a second that <see cref="InpaintRequest.SourceSound"/> must have.</summary>
    public int SourceSoundRate => models.AudioScale.SampleRate;

    /// <summary>Whether <see cref="InpaintRequest.SourceSound"/> is looked at.</summary>
    public bool ListensToSource => options.Sound == SoundSource.KeepSource;

    /// <summary>Whether a request's source sound is what the result will have.</summary>
    public bool KeepsSound(InpaintRequest request) => request.SourceSound is not null && ListensToSource;

    /// <summary>
    /// Reads a later request's LoRAs ahead while this one runs, so that the change finds them in memory. On any thread; changes nothing that
    /// the run computes with. What cannot be used is said when that request runs.
    /// </summary>
    /// <param name="loras">their files</param>
    public static void Prepare(IEnumerable<string> loras)
    {
        foreach (string lora in loras)
        {
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(lora);
                file.ReadAhead();
            }
            catch (WeightsException)
            {
                // Said by the run, to whom it belongs.
            }
        }
    }

    /// <summary>Inpaints one clip.</summary>
    /// <param name="request">frames, mask and numbers, within the endpoint's bounds</param>
    /// <param name="sink">takes the result while it is made</param>
    /// <param name="progress">told where the run is</param>
    /// <param name="cancellation">looked at before every evaluation of the model and every piece of decoding</param>
    /// <exception cref="InferenceException">The request cannot be done, or a stage fails.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public InpaintReport Run(InpaintRequest request, IInpaintSink sink, Action<InpaintProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(request, sink, progress, contexts: null, observe: null, cancellation);

    /// <summary>The same with the text already encoded, and with a look at everything between.</summary>
    internal InpaintReport Run(
        InpaintRequest request, IInpaintSink sink, Action<InpaintProgress>? progress, PromptContext? contexts, Action<string, Tensor>? observe, CancellationToken cancellation)
    {
        clock = null;
        try
        {
            return RunPlanned(request, sink, progress, contexts, observe, cancellation);
        }
        catch (Exception e) when (DeviceCache.IsShortage(e))
        {
            // By now every scope of the run is closed. What it left to the garbage collector goes too, and what the allocator keeps.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            DeviceCache.Empty(models.Device);
            string stage = clock?.Current ?? InpaintStages.Preparing;
            throw new MemoryShortageException(stage, memory.IsLimited ? Plan.Stages.FirstOrDefault(planned => planned.Stage == stage)?.Total ?? 0 : 0, e);
        }
    }

    /// <summary>
    /// Runs a tiny clip through every stage, so that the first request finds libraries initialised and kernels loaded, and takes at once the
    /// memory that the usual request was planned to need, so that it finds that in the allocator.
    /// </summary>
    public void WarmUp(CancellationToken cancellation = default)
    {
        MemoryPlan usual = Plan;
        VideoScale scale = models.VideoScale;
        (int frames, int height, int width) = (scale.Time + 1, 2 * scale.Height, 2 * scale.Width);
        byte[] grey = new byte[height * width * 3 / 2], white = new byte[height * width];
        Array.Fill(grey, (byte)128);
        Array.Fill(white, byte.MaxValue);
        Run(new InpaintRequest("warm-up", [.. Enumerable.Repeat(grey, frames)], [white], width, height, FramesPerSecond: 24) { Yuv = YuvColours.Bt709, Steps = 1, MaxExpansionTokens = 4 }, new NoSink(), cancellation: cancellation);
        using (no_grad())
        using (NewDisposeScope())
        {
            // What a clip without sound does not need.
            models.Audio.Encode(zeros(1, AudioVae.AudioVaeConfig.Stereo, SourceSoundRate));
        }
        models.Arrange(usual.Arrangement);
        DeviceCache.Warm(models.Device, usual.Worst.Activations + usual.Worst.Workspace);
        Plan = usual;
    }

    private InpaintReport RunPlanned(
        InpaintRequest request, IInpaintSink sink, Action<InpaintProgress>? progress, PromptContext? contexts, Action<string, Tensor>? observe, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        RequestCheck.Check(request, SourceSoundRate);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using LoraSet loras = LoraSet.Open(request.Loras, models);
        VideoScale scale = models.VideoScale;
        PixelShape shape = ClipTensors.PaddedShape(request.Frames.Count, request.Height, request.Width, scale, loras.ReferenceDownscale, loras.ReferenceTemporalScale);
        ISampler sampler = new Res2sSampler();
        Plan = memory.Plan(Shape(request, loras), models.Arrangement);
        models.Arrange(Plan.Arrangement);
        clock = new StageClock(progress, Work(request, shape.ToLatent(scale), sampler), started);
        foreach (LoraMatch lora in loras.Matches) clock.Note(lora.Sentence);

        FrameLayout layout = FrameLayout.Of(request);
        (Tensor source, Tensor mask) = clock.Run(InpaintStages.Preparing, () => (layout.Upload(request.Frames, models.Device), Mask(request)));
        if (!mask.any().item<bool>())
        {
            clock.Note("The mask has no white pixel, so the source is returned as it is.");
            sink.Begin(null);
            foreach (byte[] frame in request.Frames) sink.Write(frame);
            return new InpaintReport(request.Prompt, clock.Stop(), loras.Matches, clock.Notes);
        }

        // 1. The text: the prompt is written out, and what came of it is encoded.
        (string prompt, PromptContext positive, PromptContext? negative) = clock.Run(InpaintStages.Prompt, () => ReadText(request, contexts, clock, cancellation));
        Show(observe, ("context.video", positive.Video), ("context.audio", positive.Audio));

        // 2. The source: latents, masks, guide, and its sound.
        (EncodedClip clip, Tensor? sound) = clock.Run(InpaintStages.Source, () => (EncodeClip(layout.ToRgb(source), mask, shape, loras), KeepsSound(request) ? EncodeSound(request, shape) : null));
        Show(observe, ("clean1", clip.Clean1), ("clean2", clip.Clean2), ("reference1", clip.Reference1), ("keep1", clip.Keep1), ("keep2", clip.Keep2));

        // 3. Stage 1, half size.
        using NoiseSource noise = new(request.Seed);
        DenoisingStage denoising = new(models, sampler, noise, request, shape, options, clock, observe, cancellation);
        LatentPair first = clock.Run(InpaintStages.Stage1, sampler.Evaluations(request.Steps), tell => denoising.First(clip, sound, positive, negative, loras, tell));
        Finite(InpaintStages.Stage1, first.Video, first.Audio);
        Show(observe, ("stage1.video", first.Video), ("stage1.audio", first.Audio));

        // 4. Stage 2, full size; its sound is discarded.
        Tensor upsampled = clock.Run(InpaintStages.Upsampling, () => models.Upsampler.Upsample(first.Video, models.VideoEncoder.Statistics));
        Finite(InpaintStages.Upsampling, upsampled);
        Show(observe, ("upsampled", upsampled));
        Tensor video = clock.Run(InpaintStages.Stage2, sampler.Evaluations(SigmaSchedule.SecondStage.Count - 1), tell => denoising.Second(clip, upsampled, first.Audio, sound is not null, positive, loras, tell));
        Finite(InpaintStages.Stage2, video);
        Show(observe, ("stage2.video", video));

        // 5. Out: sound first, because a file wants it from its beginning; then frames as they are decoded.
        SoundClip? generated = clock.Run(InpaintStages.Sound, () => request.GenerateAudio && sound is null ? DecodeSound(first.Audio, request, observe) : null);
        sink.Begin(generated);
        clock.Run(InpaintStages.Frames, request.Frames.Count, tell => Write(video, source, mask, request, layout, sink, clock, tell, cancellation));
        return new InpaintReport(prompt, clock.Stop(), loras.Matches, clock.Notes);
    }

    public void Dispose() => models.Dispose();

    private RequestShape Shape(InpaintRequest request, LoraSet loras) => new(request.Frames.Count, request.Height, request.Width)
    {
        FramesPerSecond = request.FramesPerSecond,
        ReferenceDownscale = loras.ReferenceDownscale,
        ReferenceTemporalScale = loras.ReferenceTemporalScale,
        ReferenceInStage2 = options.ReferenceInStage2,
    };

    // The share of the whole that each stage is: tokens that go through the transformer, and what corresponds to them elsewhere.
    private List<(string, double)> Work(InpaintRequest request, LatentShape latent, ISampler sampler)
    {
        const int StageArea = 4;
        double full = latent.Tokens, half = full / StageArea;
        int passes = request.GuidanceScale > 1 ? 2 : 1;
        return
        [
            (InpaintStages.Preparing, full / 8), (InpaintStages.Prompt, full / 4), (InpaintStages.Source, 2 * full),
            (InpaintStages.Stage1, sampler.Evaluations(request.Steps) * passes * 2 * half), (InpaintStages.Upsampling, full / 4),
            (InpaintStages.Stage2, sampler.Evaluations(SigmaSchedule.SecondStage.Count - 1) * full * (options.ReferenceInStage2 ? 2 : 1)),
            (InpaintStages.Sound, full / 8), (InpaintStages.Frames, 2 * full),
        ];
    }

    // [F, 1, H, W] 0 or 1, as many frames as the clip has
    private Tensor Mask(InpaintRequest request)
    {
        using var scope = NewDisposeScope();
        List<byte[]> frames = [.. request.Mask.Take(request.Frames.Count)];
        Tensor mask = ClipTensors.Binary(ClipTensors.Bytes(frames, request.Height, request.Width, 1, models.Device));
        return ClipTensors.Pad(mask, new PixelShape(request.Frames.Count, request.Height, request.Width)).MoveToOuterDisposeScope();
    }

    // The prompt is written out, and what came of it is encoded.
    private (string Prompt, PromptContext Positive, PromptContext? Negative) ReadText(InpaintRequest request, PromptContext? given, StageClock clock, CancellationToken cancellation)
    {
        static PromptContext Encode(PromptEncoder text, string words)
        {
            PromptContext context = text.Encode([words]);
            Finite(InpaintStages.Prompt, context.Video, context.Audio);
            return context;
        }

        bool guided = request.GuidanceScale > 1;
        if (given is not null && !guided) return (request.Prompt, given, null);
        return models.WithText(text =>
        {
            string prompt = given is null ? Expand(text, request, clock, cancellation) : request.Prompt;
            return (prompt, given ?? Encode(text, prompt), guided ? Encode(text, request.NegativePrompt) : null);
        });
    }

    private string Expand(PromptEncoder text, InpaintRequest request, StageClock clock, CancellationToken cancellation)
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
        bool withSound = request.GenerateAudio && !KeepsSound(request);
        MarkedFrame? frame = text.Sees ? MarkedFrame.Of(request) : null;
        ExpandedPrompt expansion = clock.Part(InpaintStages.Expansion, () => new PromptExpander(text).Expand(request.Prompt, withSound, request.Seed, request.AllowsExpansion, cancellation, frame?.Picture, request.MaxExpansionTokens));
        if (frame is not null) clock.Note($"The text model was shown frame {frame.Index} with the masked region in green.");
        clock.Note(expansion.Note);
        return expansion.Prompt;
    }

    private EncodedClip EncodeClip(Tensor source, Tensor mask, PixelShape shape, LoraSet loras)
    {
        using var scope = NewDisposeScope();
        Tensor widened = ClipTensors.Dilate(ClipTensors.Pad(mask, shape), options.MaskDilation);
        EncodedClip clip = EncodedClip.Encode(ClipTensors.Pad(source, shape), widened, models, loras, options);
        Finite(InpaintStages.Source, clip.Clean1, clip.Clean2, clip.Reference1);
        return clip.MoveToOuterDisposeScope();
    }

    // [1, C, T, F] as long as the clip is inside; silence where the source's sound ends before it.
    private Tensor EncodeSound(InpaintRequest request, PixelShape shape)
    {
        using var scope = NewDisposeScope();
        AudioScale scale = models.AudioScale;
        int frames = scale.LatentFrames(shape.Frames, request.FramesPerSecond);
        int samples = Math.Max(frames * scale.Downsample * scale.HopLength, models.Audio.MinimumSamples);
        float[] planes = new float[2 * samples];
        for (int channel = 0; channel < 2; channel++)
        {
            float[] from = request.SourceSound!.Channels[channel];
            Array.Copy(from, 0, planes, channel * samples, Math.Min(from.Length, samples));
        }
        Tensor latent = models.Audio.Encode(tensor(planes, [1, 2, samples])).narrow(2, 0, frames);
        Finite(InpaintStages.Source, latent);
        return latent.MoveToOuterDisposeScope();
    }

    private SoundClip DecodeSound(Tensor latent, InpaintRequest request, Action<string, Tensor>? observe)
    {
        using var scope = NewDisposeScope();
        Tensor waveform = models.Audio.Decode(latent);
        Finite(InpaintStages.Sound, waveform);
        Show(observe, ("waveform", waveform));
        int samples = (int)Math.Round(request.Frames.Count / request.FramesPerSecond * models.Audio.OutputRate);
        Tensor planes = waveform.cpu().to(ScalarType.Float32)[0];
        float[] Channel(int index)
        {
            float[] channel = new float[samples];
            float[] made = planes[index].contiguous().data<float>().ToArray();
            Array.Copy(made, channel, Math.Min(made.Length, samples));
            return channel;
        }

        return new SoundClip([Channel(0), Channel(1)], models.Audio.OutputRate);
    }

    private bool Write(Tensor latent, Tensor source, Tensor mask, InpaintRequest request, FrameLayout layout, IInpaintSink sink, StageClock clock, Action<int> tell, CancellationToken cancellation)
    {
        SeamBlend seam = new(options.Composite, options.Feather, layout);
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
            Tensor generated = piece[0].narrow(1, 0, count).narrow(2, 0, request.Height).narrow(3, 0, request.Width).transpose(0, 1);
            foreach ((long start, long frames) in ClipTensors.Chunks(generated))
            {
                Tensor numbers = generated.narrow(0, start, frames);
                // Looked at here, so that a device that decodes on its own is waited for in the part that it works for.
                clock.Part(InpaintStages.Decoding, () => Finite(InpaintStages.Frames, numbers));
                using Tensor finished = clock.Part(InpaintStages.Compositing, () => Composite(seam, numbers, source.narrow(0, written, frames), mask.narrow(0, written, frames)));
                for (int i = 0; i < frames; i++)
                {
                    // The sink may hold each frame for as long as it likes.
                    cancellation.ThrowIfCancellationRequested();
                    byte[] frame = clock.Part(InpaintStages.Compositing, () => finished[i].data<byte>().ToArray());
                    clock.Part(InpaintStages.Handing, () => sink.Write(frame));
                    tell(++written);
                }
            }
        }
        return true;
    }

    // [n, 3, H, W] generated, from -1 to 1 -> [n, bytes of a frame] on the CPU
    private static Tensor Composite(SeamBlend seam, Tensor generated, Tensor source, Tensor mask)
    {
        using var scope = NewDisposeScope();
        return seam.Composite(source, generated, mask).cpu().MoveToOuterDisposeScope();
    }

    private static void Finite(string stage, params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            using var scope = NewDisposeScope();
            if (!tensor.isfinite().all().item<bool>()) throw new NonFiniteException(stage);
        }
    }

    private static void Show(Action<string, Tensor>? observe, params ReadOnlySpan<(string Name, Tensor Tensor)> tensors)
    {
        if (observe is null) return;
        foreach ((string name, Tensor tensor) in tensors) observe(name, tensor);
    }

    private sealed class NoSink : IInpaintSink
    {
        public void Begin(SoundClip? generatedSound)
        {
        }

        public void Write(byte[] frame)
        {
        }
    }
}
