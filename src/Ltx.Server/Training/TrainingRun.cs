using Ltx.Training.Steps;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Ltx.Inference.Latents;
using Ltx.Server.Media;
using Ltx.Training;
using Ltx.Training.Checkpoints;
using Ltx.Training.Data;
using Ltx.Training.Planning;
using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>
/// Trains from a data set to a file, on an engine that others may use between two steps. Whatever was done is kept in the order's folder, so that
/// the same order goes on where a killed one was. Command line and server both go through here.
/// </summary>
internal sealed class TrainingRun(InpaintEngine engine, MediaLimits limits)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <param name="order">what is to be trained</param>
    /// <param name="tell">told of everything, on any thread</param>
    /// <param name="cancellation">ends it within a step; the state of then is kept</param>
    /// <exception cref="DataSetException">Not one clip can be used.</exception>
    /// <exception cref="Inference.InferenceException">Something else cannot be done.</exception>
    public async Task<TrainingOutcome> RunAsync(TrainingOrder order, Action<TrainingNews> tell, CancellationToken cancellation)
    {
        Clock clock = new();
        TrainingFolder folder = new(order.Folder, order.Options.Full);
        PipelineModels models = await engine.RunAsync(pipeline =>
            new PipelineModels(pipeline, encode => engine.RunAsync(_ => encode()).GetAwaiter().GetResult()));
        PreparationOptions preparation = order.Preparation(models.Scale);
        // What is wrong with the numbers is said before the files are looked at.
        preparation.Check(models.Scale);

        // 1. The clips.
        PreparedData data = await Task.Factory.StartNew(
            () => Prepare(order, preparation, models, tell, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        clock.Next(TrainingPhase.Preparing);

        // 2. The steps, and previews between them.
        TrainingShape shape = new(
            Largest(data), order.Options.Kind, order.Options.Rank, order.Options.ReferenceDownscale, order.Options.ReferenceTemporalScale);
        PreviewMedia media = new(
            order.Options.Kind, order.Options.Kept, order.PreviewFrames, order.PreviewFramesPerSecond,
            order.PreviewSize?.Invoke(models.Scale), preparation.Sizes[0], limits);
        TrainingPreviews previews = new(engine, order, media, folder, limits);
        TrainingIdentity identity = new(Path.GetFileName(models.Folder.Checkpoint), data.Identity);
        string? note = TrainingState.OtherMachine(folder.State);
        if (note is not null) tell(new TrainingNews(TrainingPhase.Training, 0, order.Options.Steps) { Note = note });
        PipelineTraining training = await engine.RunAsync(pipeline =>
            new PipelineTraining(pipeline, shape, data.Samples(pipeline.Device, models.Type), order.Options, folder, identity));
        try
        {
            await StepsAsync(training.Trainer, order, previews, tell, clock, cancellation);
        }
        finally
        {
            await engine.RunAsync<object?>(_ =>
            {
                training.Dispose();
                return null;
            });
        }

        // 3. The files.
        string? shown = await previews.LastAsync(tell, cancellation);
        clock.Next(TrainingPhase.Previewing);
        string config = Path.Combine(order.Folder, "training_config.json"), plot = Path.Combine(order.Folder, "loss.png");
        await File.WriteAllTextAsync(config, Config(order, preparation, data, identity), cancellation);
        await LossPlot.WriteAsync(plot, folder.Log.Losses(), cancellation);
        return new TrainingOutcome(folder.Final, config, folder.Log.Path, plot, shown, order.KeepsDataSet ? Packed(order, data) : null) { Seconds = clock.Seconds };
    }

    private PreparedData Prepare(TrainingOrder order, PreparationOptions options, PipelineModels models, Action<TrainingNews> tell, CancellationToken cancellation)
    {
        string unpacked = order.Data;
        if (File.Exists(order.Data))
        {
            unpacked = Path.Combine(order.Folder, "data");
            if (!Directory.Exists(unpacked)) DataSetArchive.Extract(order.Data, unpacked, order.Limits, cancellation);
        }
        DataSet set = DataSetReader.Read(unpacked, order.Options.Kind, order.Options.Trigger ?? "", order.Limits);
        Preparer preparer = new(models, new TrainingMedia(limits), order.Cache ?? Path.Combine(order.Folder, "prepared"));
        PreparedData data = preparer.Prepare(set, options, progress => tell(new TrainingNews(TrainingPhase.Preparing, progress.Done, progress.Of) { IsKept = progress.Done > 0 }), cancellation);
        void Say(string note, bool isWarning) => tell(new TrainingNews(TrainingPhase.Preparing, data.Clips.Count, data.Clips.Count) { Note = note, IsWarning = isWarning });
        foreach (DataSetRefusal refusal in data.Refused) Say($"Not used: {refusal}", isWarning: true);
        foreach (PreparedClip clip in data.Clips) foreach (string note in clip.Notes) Say($"{clip.Name}: {note}", isWarning: false);
        Say($"{data.Clips.Count} clips are trained with{(data.Refused.Count == 0 ? "" : $", {data.Refused.Count} files or clips are not")}.", isWarning: false);
        return data;
    }

    private async Task StepsAsync(Trainer trainer, TrainingOrder order, TrainingPreviews previews, Action<TrainingNews> tell, Clock clock, CancellationToken cancellation)
    {
        int steps = order.Options.Steps, begun = trainer.Done;
        if (begun > 0) tell(new TrainingNews(TrainingPhase.Training, begun, steps) { Note = $"Goes on from step {begun} of {steps}." });
        double spent = 0;
        while (!trainer.IsComplete)
        {
            if (cancellation.IsCancellationRequested)
            {
                await engine.RunAsync<object?>(_ =>
                {
                    if (trainer.Done > trainer.Kept) trainer.Keep();
                    return null;
                });
                cancellation.ThrowIfCancellationRequested();
            }
            StepReport report = await engine.RunAsync(_ => trainer.Next());
            spent += report.Time.TotalSeconds;
            tell(new TrainingNews(TrainingPhase.Training, report.Step, steps)
            {
                Loss = report.Loss,
                SecondsAStep = report.Time.TotalSeconds,
                SecondsLeft = spent / (report.Step - begun) * (steps - report.Step),
                IsKept = trainer.Kept == report.Step,
            });
            if (order.PreviewEvery == 0 || report.Step % order.PreviewEvery != 0 || trainer.IsComplete) continue;
            clock.Next(TrainingPhase.Training);
            await engine.RunAsync<object?>(_ =>
            {
                if (trainer.Kept < trainer.Done) trainer.Keep();
                return null;
            });
            await previews.MakeAsync(report.Step, tell, cancellation);
            clock.Next(TrainingPhase.Previewing);
        }
        clock.Next(TrainingPhase.Training);
    }

    // What the plan is made for.
    private static PixelShape Largest(PreparedData data) => data.Clips.Select(clip => clip.Size).MaxBy(size => (long)size.Frames * size.Height * size.Width);

    private static string Config(TrainingOrder order, PreparationOptions preparation, PreparedData data, TrainingIdentity identity)
    {
        TrainingOptions options = order.Options;
        return JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["base_model"] = identity.Model,
                ["kind"] = TrainingKinds.NameOf(options.Kind),
                ["weights"] = options.Full ? "all" : "lora",
                ["rank"] = options.Full ? null : options.Rank,
                ["trigger_phrase"] = options.Trigger ?? "",
                ["number_of_steps"] = options.Steps,
                ["learning_rate"] = options.LearningRate,
                ["sizes"] = preparation.Sizes.Select(size => $"{size.Width}x{size.Height}x{size.Frames}"),
                ["frame_rate"] = preparation.FramesPerSecond,
                ["first_frame_conditioning_p"] = options.FirstFrame,
                ["reference_downscale_factor"] = options.ReferenceDownscale,
                ["reference_temporal_scale_factor"] = options.ReferenceTemporalScale,
                ["seed"] = options.Seed,
                ["clips"] = data.Clips.Select(clip => clip.Name),
                ["unused"] = data.Refused.Select(refusal => refusal.ToString()),
            },
            Json);
    }

    // Clips as they were trained with, and each clip's prompt.
    private static string Packed(TrainingOrder order, PreparedData data)
    {
        string path = Path.Combine(order.Folder, "debug_dataset.zip");
        File.Delete(path);
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (PreparedClip clip in data.Clips)
        {
            zip.CreateEntryFromFile(clip.ClipFile, $"{clip.Name}.safetensors", CompressionLevel.NoCompression);
            using StreamWriter text = new(zip.CreateEntry($"{clip.Name}.txt").Open());
            text.Write(clip.Caption);
        }
        return path;
    }

    // Seconds of each phase, one after the other and perhaps again.
    private sealed class Clock
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();

        public Dictionary<TrainingPhase, double> Seconds { get; } = [];

        public void Next(TrainingPhase ended)
        {
            Seconds[ended] = Seconds.GetValueOrDefault(ended) + watch.Elapsed.TotalSeconds;
            watch.Restart();
        }
    }
}
