using Ltx.Server.Fetch;
using Ltx.Training;

namespace Ltx.Server.Fal;

/// <summary>
/// A validated input of a trainer. Names are the schema's (<see cref="TrainingSchema"/>); fields that an application does not have stand at what has
/// no effect.
/// </summary>
internal sealed record TrainingInput : JobInput
{
    /// <summary>Frames that the VAE makes one latent frame of.</summary>
    private const int FrameGroup = 8;

    public required TrainingKind Kind { get; init; }

    /// <summary>The zip.</summary>
    public required string TrainingDataUrl { get; init; }

    public required int Rank { get; init; }

    public required int NumberOfSteps { get; init; }

    public required double LearningRate { get; init; }

    public required int NumberOfFrames { get; init; }

    public required int FrameRate { get; init; }

    /// <summary>low, medium or high.</summary>
    public required string Resolution { get; init; }

    /// <summary>16:9, 1:1 or 9:16.</summary>
    public required string AspectRatio { get; init; }

    public required bool AutoScaleInput { get; init; }

    public required bool SplitInputIntoScenes { get; init; }

    /// <summary>Seconds.</summary>
    public required double SplitInputDurationThreshold { get; init; }

    public required double StgScale { get; init; }

    /// <summary>Empty for none.</summary>
    public required string TriggerPhrase { get; init; }

    public required bool DebugDataset { get; init; }

    /// <summary>In what share of the steps the first frame is given.</summary>
    public required double FirstFrameConditioningP { get; init; }

    public required int ReferenceDownscaleFactor { get; init; }

    public required int ReferenceTemporalScaleFactor { get; init; }

    /// <summary>In pixels of the training's size, on no grid, and perhaps larger than a frame. Null where the kind has none.</summary>
    public required KeptRectangle? Kept { get; init; }

    /// <summary>Clips that are made when it is done; empty for none.</summary>
    public required IReadOnlyList<ValidationInput> Validation { get; init; }

    public required string ValidationNegativePrompt { get; init; }

    public required int ValidationNumberOfFrames { get; init; }

    public required int ValidationFrameRate { get; init; }

    /// <summary>low, medium or high.</summary>
    public required string ValidationResolution { get; init; }

    /// <summary>16:9, 1:1 or 9:16.</summary>
    public required string ValidationAspectRatio { get; init; }

    public override IReadOnlyList<WantedFile> Files =>
    [
        new WantedFile(TrainingDataUrl, FetchKind.DataSet, ["body", "training_data_url"]),
        .. Validation.Index().SelectMany(item => item.Item.Files(["body", "validation", item.Index])),
    ];

    public static TrainingInput Read(FieldReader fields, TrainingKind kind)
    {
        TrainingInput input = new()
        {
            Kind = kind,
            TrainingDataUrl = fields.Url("training_data_url"),
            Rank = int.Parse(fields.Choice("rank"), System.Globalization.CultureInfo.InvariantCulture),
            NumberOfSteps = (int)fields.Integer("number_of_steps")!.Value,
            LearningRate = fields.Number("learning_rate"),
            NumberOfFrames = Frames(fields, "number_of_frames"),
            FrameRate = (int)fields.Integer("frame_rate")!.Value,
            Resolution = fields.Choice("resolution"),
            AspectRatio = fields.Choice("aspect_ratio"),
            AutoScaleInput = fields.Boolean("auto_scale_input"),
            SplitInputIntoScenes = fields.Boolean("split_input_into_scenes"),
            SplitInputDurationThreshold = fields.Number("split_input_duration_threshold"),
            StgScale = fields.Number("stg_scale"),
            TriggerPhrase = fields.Text("trigger_phrase"),
            DebugDataset = fields.Boolean("debug_dataset"),
            FirstFrameConditioningP = fields.Has("first_frame_conditioning_p") ? fields.Number("first_frame_conditioning_p") : 0,
            ReferenceDownscaleFactor = Factor(fields, "reference_downscale_factor"),
            ReferenceTemporalScaleFactor = Factor(fields, "reference_temporal_scale_factor"),
            Kept = kind == TrainingKind.Outpaint ? Rectangle(fields) : null,
            Validation = [.. fields.Items("validation").Select(ValidationInput.Read)],
            ValidationNegativePrompt = fields.Text("validation_negative_prompt"),
            ValidationNumberOfFrames = Frames(fields, "validation_number_of_frames"),
            ValidationFrameRate = (int)fields.Integer("validation_frame_rate")!.Value,
            ValidationResolution = fields.Choice("validation_resolution"),
            ValidationAspectRatio = fields.Choice("validation_aspect_ratio"),
        };
        if (fields.Has("with_audio") && fields.Boolean("with_audio"))
        {
            fields.Refuse("with_audio", "feature_not_supported", "Sound is not trained on this server: with_audio must be false or absent.");
        }

        if (input.ReferenceTemporalScaleFactor is > 1 and var factor && (input.NumberOfFrames - 1) % (FrameGroup * factor) != 0)
        {
            var why = $"where references have {factor} times fewer frames";
            fields.Refuse("number_of_frames", "value_error", $"Input should be one more than a multiple of {FrameGroup * factor} {why}");
        }

        return input;
    }

    /// <summary>What the loop is told.</summary>
    /// <param name="checkpointEvery">steps after which a state is kept</param>
    public TrainingOptions ToOptions(int checkpointEvery) => new()
    {
        Kind = Kind,
        Rank = Rank,
        Steps = NumberOfSteps,
        LearningRate = LearningRate,
        FirstFrame = FirstFrameConditioningP,
        Kept = Kept,
        ReferenceDownscale = ReferenceDownscaleFactor,
        ReferenceTemporalScale = ReferenceTemporalScaleFactor,
        CheckpointEvery = checkpointEvery,
        Trigger = TriggerPhrase.Length == 0 ? null : TriggerPhrase,
    };

    private static int Frames(FieldReader fields, string name)
    {
        var frames = (int)fields.Integer(name)!.Value;
        if (frames % FrameGroup != 1)
        {
            fields.Refuse(name, "value_error", $"Input should be one more than a multiple of {FrameGroup}: 1, 9, 17 and so on");
        }

        return frames;
    }

    private static int Factor(FieldReader fields, string name) => fields.Has(name) ? (int)fields.Integer(name)!.Value : 1;

    private static KeptRectangle Rectangle(FieldReader fields)
    {
        var ((left, top), (right, bottom)) = (fields.Pair("crop_top_left"), fields.Pair("crop_bottom_right"));
        if (fields.Problems.Count == 0 && (right <= left || bottom <= top))
        {
            fields.Refuse("crop_bottom_right", "value_error", "Input should lie to the right of crop_top_left, and below it");
        }

        return new KeptRectangle(left, top, right, bottom);
    }
}
