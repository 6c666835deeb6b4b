using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Training;
using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>The queue's trainer: on an inpainting worker's engine, whose clips go first at every step.</summary>
internal sealed class QueuedTraining(PipelineRunner inpainting, LtxOptions options) : ITrainingRunner
{
    // Shares of the whole that the phases have in the progress: steps are what takes the time.
    private const double Prepared = 0.05, Trained = 0.98;

    public async Task<TrainedFiles> RunAsync(TrainingJob job, IProgress<TrainingProgress> progress, CancellationToken ct)
    {
        TrainingOrder order = Order(job, options.Training);
        if (job.Input.SplitInputIntoScenes) progress.Report(Line("Clips are not split into scenes here: of each, the first frames are trained with.", "WARN"));
        TrainingOutcome made = await new TrainingRun(inpainting.EngineForTraining, MediaLimits.Default).RunAsync(order, news => progress.Report(Told(news)), ct);
        return new TrainedFiles(
            made.Lora, made.Config, made.Previews, made.DataSet, made.Seconds.ToDictionary(phase => Name(phase.Key), phase => phase.Value, StringComparer.Ordinal));
    }

    private static TrainingOrder Order(TrainingJob job, TrainingSettings settings)
    {
        TrainingInput input = job.Input;
        ReferenceScale reference = new(input.ReferenceDownscaleFactor, input.ReferenceTemporalScaleFactor);
        return new TrainingOrder(
            job.DataSet.Path, job.Folder, input.ToOptions(settings.CheckpointSteps),
            scale => new PreparationOptions([TrainingSize.Of(Resolution(input.Resolution), Aspect(input.AspectRatio), input.NumberOfFrames, scale, reference)], input.FrameRate)
            {
                ScalesTime = input.AutoScaleInput,
                Reference = reference,
            })
        {
            Limits = new DataSetLimits { MaxFiles = settings.MaxFiles, MaxBytes = settings.MaxUnpackedBytes },
            Previews = [.. job.Validation.Select(clip => new PreviewClip(clip.Prompt, clip.Video?.Path ?? clip.Image?.Path, clip.Mask?.Path, clip.Reference?.Path))],
            PreviewSize = scale => TrainingSize.Of(
                Resolution(input.ValidationResolution), Aspect(input.ValidationAspectRatio), input.ValidationNumberOfFrames, scale),
            PreviewFrames = input.ValidationNumberOfFrames,
            PreviewFramesPerSecond = input.ValidationFrameRate,
            PreviewNegativePrompt = input.ValidationNegativePrompt,
            KeepsDataSet = input.DebugDataset,
        };
    }

    private static TrainingProgress Told(TrainingNews news)
    {
        double share = (double)news.Done / Math.Max(1, news.Of), fraction = news.Phase switch
        {
            TrainingPhase.Preparing => Prepared * share,
            TrainingPhase.Training => Prepared + (Trained - Prepared) * share,
            _ => Trained + (1 - Trained) * share,
        };
        return new TrainingProgress(Name(news.Phase), news.Done, news.Of, fraction)
        {
            Loss = news.Loss,
            SecondsLeft = news.SecondsLeft,
            IsKept = news.IsKept,
            Log = news.Note,
            Level = news.IsWarning ? "WARN" : "INFO",
        };
    }

    private static TrainingProgress Line(string text, string level) => new(Name(TrainingPhase.Preparing), 0, 1, 0) { Log = text, Level = level };

    private static string Name(TrainingPhase phase) => phase switch
    {
        TrainingPhase.Preparing => "preparation",
        TrainingPhase.Training => "training",
        _ => "previews",
    };

    private static TrainingResolution Resolution(string name) => Enum.Parse<TrainingResolution>(name, ignoreCase: true);

    private static TrainingAspect Aspect(string name) => name switch
    {
        "16:9" => TrainingAspect.Landscape,
        "9:16" => TrainingAspect.Portrait,
        _ => TrainingAspect.Square,
    };
}
