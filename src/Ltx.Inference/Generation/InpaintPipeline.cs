using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Transformer;
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
    private readonly ModelFolder folder;
    private readonly RecipeChoice recipes;

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
        (this.options, this.folder) = (options ?? new InpaintOptions(), folder);
        recipes = new RecipeChoice(folder, this.options);
        memory = new MemoryKeeper(folder, device, type, this.options with { PlannedFor = recipes.Usual(this.options.PlannedFor ?? MemoryKeeper.Usual) });
        Plan = memory.First;
        try
        {
            models = new InpaintModels(folder, device, type, memory.Format, memory.First.Arrangement, progress, memory.Pristine?.Source ?? PristineSource.File, this.options.ShowFrame);
        }
        finally
        {
            memory.Loaded();
        }
    }

    /// <summary>Where it computes.</summary>
    public Device Device => models.Device;

    /// <summary>The diffusion transformer.</summary>
    internal LtxTransformer Transformer => models.Transformer;

    /// <summary>All that it computes with, for whoever does something else with it between two requests.</summary>
    internal InpaintModels Models => models;

    /// <summary>What they were loaded from.</summary>
    internal ModelFolder Folder => folder;

    /// <summary>What it plans by.</summary>
    internal MemoryKeeper Memory => memory;

    /// <summary>The recipe of its requests, and what the operator's options change in it, for a person.</summary>
    public string Recipe => recipes.Sentence;

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
        InpaintRequest request, IInpaintSink sink, Action<InpaintProgress>? progress, PromptContexts? contexts, Action<string, Tensor>? observe, CancellationToken cancellation)
    {
        RunWatch watch = new(new StageClock(progress), observe, cancellation);
        try
        {
            return Run(request, sink, contexts, watch);
        }
        catch (Exception e) when (DeviceCache.IsShortage(e))
        {
            // By now every scope of the run is closed. What it left to the garbage collector goes too, and what the allocator keeps.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            DeviceCache.Empty(models.Device);
            InpaintStage stage = watch.Clock.Current;
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
        GenerationParameters parameters = new("warm-up") { Steps = 1 };
        InpaintRequest tiny = new(parameters, [.. Enumerable.Repeat(grey, frames)], [white], width, height, FramesPerSecond: 24) { Yuv = YuvColours.Bt709, MaxExpansionTokens = 4 };
        Run(tiny, new NoSink(), cancellation: cancellation);
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

    public void Dispose() => models.Dispose();

    private InpaintReport Run(InpaintRequest request, IInpaintSink sink, PromptContexts? contexts, RunWatch watch)
    {
        RequestCheck.Check(request, SourceSoundRate);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using LoraSet loras = LoraSet.Open(request.Parameters.Loras, models);
        using PipelineRun run = Begin(request, sink, loras, watch);
        StageClock clock = watch.Clock;
        (Tensor source, Tensor mask) = clock.Run(InpaintStage.Preparing, run.ReadClip);
        if (!mask.any().item<bool>()) return run.ReturnSource();

        // Meanwhile, the first stage's LoRAs: neither text nor source needs the transformer.
        DenoisingStage stage1 = run.Stage1, stage2 = run.Stage2;
        run.MergeAhead(stage1);

        // 1. The text: the prompt is written out, and what came of it is encoded.
        (string prompt, PromptContexts texts) = clock.Run(InpaintStage.Prompt, () => new PromptReading(run).Read(contexts));
        run.Show(("context.video", texts.Positive.Video), ("context.audio", texts.Positive.Audio));

        // 2. The source: what the model is shown of it, and its sound.
        (EncodedClip clip, Tensor? sound) = clock.Run(InpaintStage.Source, () => run.Encode(source, mask));

        // 3. Stage 1, half size.
        LatentPair first = clock.Run(InpaintStage.Stage1, stage1.Steps, stage1.Evaluations, tell => stage1.Denoise(clip.Stage1, null, sound, texts, tell));
        PipelineRun.Finite(InpaintStage.Stage1, first.Video, first.Audio);
        run.Show(("stage1.video", first.Video), ("stage1.audio", first.Audio));

        // 4. Between the stages: twice the size.
        Tensor start = clock.Run(InpaintStage.Upsampling, () => run.HandOver(first.Video, clip));

        // 5. Stage 2, full size; its sound is discarded.
        Tensor video = clock.Run(InpaintStage.Stage2, stage2.Steps, stage2.Evaluations, tell => stage2.Denoise(clip.Stage2, start, first.Audio, texts, tell)).Video;
        PipelineRun.Finite(InpaintStage.Stage2, video);
        run.Show(("stage2.video", video));

        // 6. Out: sound first, because a file wants it from its beginning; then frames as they are decoded.
        SoundClip? generated = clock.Run(InpaintStage.Sound, () => request.Parameters.GenerateAudio && sound is null ? run.DecodeSound(first.Audio) : null);
        run.Planned.Sink.Begin(generated);
        clock.Run(InpaintStage.Frames, request.Frames.Count, tell => new FrameOutput(run, source, mask, clip.Mask2).Write(video, tell));
        return run.Report(prompt);
    }

    // What is decided before anything is computed: the recipe, the window, the size, and where the weights are.
    private PipelineRun Begin(InpaintRequest request, IInpaintSink sink, LoraSet loras, RunWatch watch)
    {
        List<string> notes = [];
        RecipeChoice choice = request.Parameters.Recipe is { } other ? new RecipeChoice(folder, options with { Recipe = other }) : recipes;
        Recipe recipe = choice.For(request.Parameters, loras.Users, notes.Add);
        if (CropWindow.Of(request, recipe, new SizeLimits(options.WorkingPixels, recipes.ModelShortSide)) is { } window)
        {
            notes.Add(window.Sentence);
            (request, sink) = (window.Cut(), window.Into(sink));
        }
        RequestShape shape = recipes.Shape(request, loras, recipe);
        Plan = memory.Plan(shape, models.Arrangement);
        models.Arrange(Plan.Arrangement);
        WorkingSize size = shape.Working(models.VideoScale);
        watch.Clock.Weigh(StageShares.Of(request, size.Padded.ToLatent(models.VideoScale), recipe));
        // Only now: what cannot fit is refused before anything is said of it.
        foreach (string note in notes.Concat(loras.Matches.Select(lora => lora.Sentence)).Append(shape.SizeSentence(models.VideoScale)).OfType<string>()) watch.Clock.Note(note);
        return new PipelineRun(models, new PlannedRun(request, sink, recipe, size, KeepsSound(request), Plan.MergesAhead), loras, watch);
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
