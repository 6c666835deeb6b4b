using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Kernels;
using Ltx.Inference.Native;
using Ltx.Inference.Safety;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Queue;
using Ltx.Server.Safety;
using Ltx.Server.Storage;
using Ltx.Video;
using TorchSharp;

namespace Ltx.Server.Media;

/// <summary>The queue's engine: one model and one thread a worker, a clip at a time.</summary>
internal sealed partial class PipelineRunner : IInpaintRunner, IDisposable
{
    private readonly LtxOptions options;
    private readonly ILogger<PipelineRunner> logger;
    private readonly InpaintEngine?[] engines;
    private readonly SafetyClassifier?[] classifiers;
    private readonly ModelFolder model;
    private readonly PromptList refused;
    private bool isDisposed;

    public PipelineRunner(LtxOptions options, DataFolder folder, ILogger<PipelineRunner> logger)
    {
        (this.options, this.logger) = (options, logger);
        engines = new InpaintEngine?[options.Queue.Workers];
        classifiers = new SafetyClassifier?[options.Queue.Workers];
        model = OpenModel(options);
        refused = PromptList.Read(options.Safety.PromptList, []);
        // Here and not in the workers' threads: nobody reads the environment yet, and libtorch is not loaded.
        LibTorch.KeepCompiledKernels(folder.Kernels);
    }

    public IReadOnlyList<DeviceMemory> Memory =>
    [
        .. engines.OfType<InpaintEngine>().Select(engine => engine.Device).Where(device => device.type == DeviceType.CUDA).DistinctBy(device => device.index)
            .Select(device => (device, memory: CudaMemory.Read(device.index)))
            .Where(read => read.memory is not null)
            .Select(read => new DeviceMemory(read.device.ToString(), read.memory!.Value.Total - read.memory.Value.Free, read.memory.Value.Total)),
    ];

    /// <summary>The engine that trainings share with a worker: the last one's, which is the first to have nothing to do.</summary>
    /// <exception cref="InvalidOperationException">No worker has its model yet.</exception>
    public InpaintEngine EngineForTraining => engines.LastOrDefault(engine => engine is not null) ?? throw new InvalidOperationException("No worker has its model yet.");

    public async Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct)
    {
        LoadLog log = new(logger, worker);
        void Report(LoadProgress load)
        {
            // A server that is stopped while a model loads has nothing to wait for.
            ct.ThrowIfCancellationRequested();
            progress.Report(new LoadStatus(load.Component, load.Bytes, load.Rate, load.Fraction));
            log.Report(load);
        }

        ct.ThrowIfCancellationRequested();
        engines[worker] = await InpaintEngine.OpenAsync(() => Load(worker, Report));
    }

    public async Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct)
    {
        InpaintEngine engine = engines[job.Worker] ?? throw new InvalidOperationException($"Worker {job.Worker} has no model yet.");
        string output = Path.Combine(job.OutputFolder, "output.mp4");
        ProgressLog log = new(progress);
        bool isChecked = job.Request.EnableSafetyChecker && options.Safety.IsOn;
        if (job.Request.EnableSafetyChecker && !isChecked) log.Say("The operator has turned the safety checker off; nothing was checked.");
        if (isChecked && refused.Find(job.Request.Prompt) is { } line)
        {
            PromptRefused(logger, job.RequestId, line);
            string input = $"{{\"prompt\":{FieldReader.Echo(JsonSerializer.SerializeToElement(job.Request.Prompt))}}}";
            return new RunResult.Rejected(new FalDetail("content_policy_violation", ["body", "prompt"], FalMessages.ContentRefused) { InputJson = input });
        }
        ContentGuard? guard = isChecked ? new ContentGuard(options.Safety, classifiers[job.Worker]!) : null;
        try
        {
            ClipJob made = Clip(job, output, isChecked);
            ClipResult clip = await new ClipInpainter(engine, MediaLimits.Default, guard).RunAsync(made, log.Report, ct);
            Dictionary<string, double> seconds = clip.Stages.ToDictionary(stage => stage.Stage, stage => stage.Time.TotalSeconds);
            return new RunResult.Succeeded(output, "video/mp4", made.Parameters.Seed, clip.Report.Prompt, clip.Size.Width, clip.Size.Height, clip.Frames, seconds);
        }
        catch (MediaException e) when (e.Fault == MediaFault.Input)
        {
            MediaRefused(logger, job.RequestId, e.Message, e.LastWords);
            return new RunResult.Rejected(MediaRefusal.Of(e, job.Request, MediaLimits.Default, options.Limits.MaxSourcePixels));
        }
        catch (ContentRefusedException e)
        {
            // The encoder has already thrown away what it had; this is for what a later change may leave.
            File.Delete(output);
            ContentRefused(logger, job.RequestId, e.Message);
            log.Say($"The safety checker refused {e.Part}.", "ERROR");
            return new RunResult.Rejected(new FalDetail("content_policy_violation", ["body"], FalMessages.ContentRefused));
        }
        catch (LoraException e)
        {
            return new RunResult.Rejected(new FalDetail("value_error", ["body", "loras", e.Index, "path"], e.Message)
            {
                InputJson = FalJson.Text(json => json.WriteStringValue(InputUrl.Redact(job.Request.Loras[e.Index].Path))),
            });
        }
        catch (InferenceException e) when (e.Fault == Fault.Input)
        {
            return new RunResult.Rejected(new FalDetail("value_error", ["body"], e.Message));
        }
        catch (Exception e) when (e is InferenceException or MediaException or ExternalException)
        {
            Failed(logger, job.RequestId, e);
            // Only our own sentences go out; libtorch's carry addresses and paths.
            string sentence = e is ExternalException ? "Internal server error" : e.Message;
            return new RunResult.Failed(FalError.Model(500, "internal_server_error", sentence, retryable: true));
        }
    }

    public void Prepare(IReadOnlyList<FetchedFile> loras) => InpaintPipeline.Prepare(loras.Select(lora => lora.Path));

    /// <summary>Any number of times: the container knows the runner under two names, and disposes of it under both.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, true)) return;
        foreach (InpaintEngine? engine in engines) engine?.Dispose();
        foreach (SafetyClassifier? classifier in classifiers) classifier?.Dispose();
    }

    // What cannot be is said before anything is loaded.
    private static ModelFolder OpenModel(LtxOptions options)
    {
        ModelFolder model = ModelLocator.Open(options.Server.Model);
        if (options.Inpaint.ShowFrame) PromptEncoder.CheckSight(model);
        _ = new RecipeChoice(model, options.Inpaint.ToEngine(ModelLocator.Recipes));
        return model;
    }

    private InpaintPipeline Load(int worker, Action<LoadProgress> progress)
    {
        InpaintSettings settings = options.Inpaint;
        torch.Device device = EngineDevice.Choose(settings.Device, worker, engines.Length);
        // First what is small: a server without its safety checker must not start.
        if (options.Safety.IsOn) classifiers[worker] = new SafetyClassifier(Path.Combine(ModelLocator.Models, "safety", SafetyClassifier.FileName), device);
        InpaintPipeline pipeline = new(model, device, settings.Dtype.Length == 0 ? ComputeDevice.DefaultType(device) : ComputeDevice.ParseType(settings.Dtype), settings.ToEngine(ModelLocator.Recipes, options.Limits.MaxPixels), progress);
        UsesRecipe(logger, worker, pipeline.Recipe);
        if (pipeline.Pristine is { } pristine) PristineWeights(logger, worker, pristine);
        if (KernelLaunchers.AreRefused(pipeline.Device)) KernelsRefused(logger, worker, KernelLaunchers.Describe(pipeline.Device));
        if (!settings.WarmUp) return pipeline;
        progress(new LoadProgress("warm-up", 0, TimeSpan.Zero, IsWhole: false, 1));
        long began = Stopwatch.GetTimestamp();
        pipeline.WarmUp();
        WarmedUp(logger, worker, Stopwatch.GetElapsedTime(began).TotalSeconds);
        return pipeline;
    }

    /// <summary>What the engine's thread is given of a request.</summary>
    internal ClipJob Clip(RunJob job, string output, bool isChecked) =>
        new(job.Video.Path, job.Mask.Path, job.Request.ToParameters([.. job.Loras.Select(lora => lora.Path)]), output)
        {
            AllowsExpansion = isChecked ? text => refused.Find(text) is null : null,
            Frames = job.Request.NumFrames,
            FramesPerSecond = job.Request.FramesPerSecond,
            Quality = job.Request.VideoQuality,
            WriteMode = job.Request.VideoWriteMode,
            Limits = options.Limits.OfSource,
        };

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: warmed up in {Seconds:F1} s")]
    private static partial void WarmedUp(ILogger logger, int worker, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Sentence}")]
    private static partial void UsesRecipe(ILogger logger, int worker, string sentence);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Sentence}")]
    private static partial void PristineWeights(ILogger logger, int worker, string sentence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} computes slower than it could, by {Sentence}")]
    private static partial void KernelsRefused(ILogger logger, int worker, string sentence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Id}: {Sentence} ffmpeg's last words: {LastWords}")]
    private static partial void MediaRefused(ILogger logger, string id, string sentence, string lastWords);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Id}: its prompt holds what line {Line} of Safety:PromptList names")]
    private static partial void PromptRefused(ILogger logger, string id, int line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Id}: {Sentence}")]
    private static partial void ContentRefused(ILogger logger, string id, string sentence);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {Id} failed in the engine")]
    private static partial void Failed(ILogger logger, string id, Exception e);
}
