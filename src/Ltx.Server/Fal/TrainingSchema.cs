using Ltx.Training;

namespace Ltx.Server.Fal;

/// <summary>
/// The trainers: names, defaults and bounds are fal's, of its clients' types and its pages; of a bound that is not published, that of its
/// neighbouring trainers. Sound is not trained here, so what of theirs is about sound is not there.
/// </summary>
internal static class TrainingSchema
{
    /// <summary>Owner and alias of the trainers by kind.</summary>
    public const string App = "fal-ai/ltx23-trainer-v2";

    /// <summary>The older trainer of IC-LoRAs.</summary>
    public const string V2vTrainer = "fal-ai/ltx23-v2v-trainer";

    /// <summary>Of clips that show what was learned (fal's neighbouring trainers).</summary>
    public const int MostValidation = 2;

    private const string NegativePrompt =
        "blurry, out of focus, overexposed, underexposed, low contrast, washed out colors, excessive noise, grainy texture, poor "
        + "lighting, flickering, motion blur, distorted proportions, unnatural skin tones, deformed facial features, asymmetrical face, "
        + "missing facial features, extra limbs, disfigured hands, wrong hand count, artifacts around text, inconsistent perspective, "
        + "camera shake, incorrect depth of field, background too sharp, background clutter, distracting reflections, harsh shadows, "
        + "inconsistent lighting direction, color banding, cartoonish rendering, 3D CGI look, unrealistic materials, uncanny valley "
        + "effect, incorrect ethnicity, wrong gender, exaggerated expressions, wrong gaze direction, mismatched lip sync, silent or "
        + "muted audio, distorted voice, robotic voice, echo, background noise, off-sync audio, incorrect dialogue, added dialogue, "
        + "repetitive speech, jittery movement, awkward pauses, incorrect timing, unnatural transitions, inconsistent framing, tilted "
        + "camera, flat lighting, inconsistent tone, cinematic oversaturation, stylized filters, or AI artifacts.";

    private const string OlderNegativePrompt = "worst quality, inconsistent motion, blurry, jittery, distorted";

    private static readonly IReadOnlyList<string> Ranks = ["8", "16", "32", "64", "128"], Resolutions = ["low", "medium", "high"];

    private static readonly IReadOnlyList<string> Aspects = ["16:9", "1:1", "9:16"];

    private static readonly OutputField[] Outputs =
    [
        new("lora_file", OutputKind.File, "The LoRA, a .safetensors file; its URL is a path in loras of an inpainting request."),
        new("config_file", OutputKind.File, "How it was trained, as JSON."),
        new("video", OutputKind.File, "The validation clips beside what they were made of, where any were asked for.") { Required = false },
        new("debug_dataset", OutputKind.File, "What was trained with, as a zip, where debug_dataset was set.") { Required = false },
    ];

    private static readonly InputField Prompt = new("prompt", FieldKind.Text, "What the clip should show.") { Required = true };

    private static readonly InputField Sound = new("with_audio", FieldKind.Boolean, "Sound is not trained on this server: true is refused.");

    private static readonly InputField Reference = Clip("reference_video_url", "URL or data URI of the clip that controls it.");

    private static readonly InputField Source = Clip("video_url", "URL or data URI of the clip that is worked on.");

    private static readonly InputField Mask =
        Clip("mask_url", "URL or data URI of the mask, an image or a video: white is generated anew, black keeps the clip.");

    private static readonly InputField FirstImage = Clip("image_url", "URL or data URI of the first frame.");

    private static readonly ItemSchema OfMasks = Validation("InpaintValidation", Prompt, Source, Mask);

    private static readonly ItemSchema OfReferences = Validation("V2VValidation", Prompt, Reference);

    private static readonly ItemSchema OfMaskedReferences = Validation("V2VMaskedValidation", Prompt, Source, Mask, Reference);

    public static IReadOnlyList<Application> Applications { get; } =
    [
        Of("inpaint", new(TrainingKind.Inpaint, "clips, each with its mask (NAME_mask)", OfMasks) { Splits = false }),
        Of("outpaint", new(TrainingKind.Outpaint, "clips of the whole canvas", Validation("OutpaintValidation", Prompt, Source))),
        Of("v2v", References),
        Of("v2v-masked", MaskedReferences),
        Of("ic-lora/v2v", References),
        Of("ic-lora/v2v-masked", MaskedReferences),
        Of("t2v", new(TrainingKind.TextToVideo, "clips", Validation("T2VValidation", Prompt)) { NamesSound = true }),
        Of("i2v", new(TrainingKind.ImageToVideo, "clips", Validation("I2VValidation", Prompt, FirstImage)) { FirstFrame = 0.5, NamesSound = true }),
        Of(V2vTrainer, V2vTrainer.Split('/')[^1], References with
        {
            Steps = 2000, HasFactors = false, Rate = 25, NegativePrompt = OlderNegativePrompt,
        }),
    ];

    private static Trainer References =>
        new(TrainingKind.VideoToVideo, "pairs of a reference (NAME_start) and what becomes of it (NAME_end)", OfReferences)
        {
            Steps = 3000, FirstFrame = 0.1, HasFactors = true,
        };

    private static Trainer MaskedReferences =>
        new(TrainingKind.MaskedVideoToVideo, "references (NAME_start), what becomes of them (NAME_end), and masks (NAME_mask)", OfMaskedReferences)
        {
            Steps = 3000, Splits = false,
        };

    private static Application Of(string path, Trainer trainer) => Of($"{App}/{path}", $"{App.Split('/')[^1]}-{path.Replace('/', '-')}", trainer);

    private static Application Of(string id, string name, Trainer trainer) => new(id)
    {
        Kind = JobKind.Training,
        Category = "training",
        Name = name,
        Inputs = [.. Fields(trainer)],
        Outputs = Outputs,
        Read = fields => TrainingInput.Read(fields, trainer.Kind),
    };

    private static IEnumerable<InputField> Fields(Trainer trainer) =>
    [
        new("training_data_url", FieldKind.Url, $"URL of a zip of {trainer.Data}; a caption of the same name (NAME.txt) may go with each.")
        {
            Required = true,
        },
        new("rank", FieldKind.Choice, "Rank of the LoRA: a higher one learns more, and takes more memory.") { Default = "32", Choices = Ranks },
        new("number_of_steps", FieldKind.Integer, "How many steps are trained.") { Default = trainer.Steps, Minimum = 100, Maximum = 20000 },
        new("learning_rate", FieldKind.Number, "How far a step goes.") { Default = 2e-4, Minimum = 1e-6, Maximum = 1 },
        Frames("number_of_frames", "Frames of a clip that is trained with"),
        Rate("frame_rate", "Frames a second of the clips.", trainer.Rate),
        Choice("resolution", "How large clips are trained with.", "medium", Resolutions),
        Choice("aspect_ratio", "Width to height of what is trained with.", "1:1", Aspects),
        .. trainer.Kind == TrainingKind.Outpaint ? Crop() : [],
        .. trainer.FirstFrame is { } share ? [FirstFrame(share)] : Array.Empty<InputField>(),
        .. trainer.HasFactors ? Factors() : [],
        new("auto_scale_input", FieldKind.Boolean, "Whether every clip is played faster or slower, to have the wanted frames at the wanted rate.")
        {
            Default = false,
        },
        new("split_input_into_scenes", FieldKind.Boolean, "Accepted and not done: of each clip the first frames are trained with.")
        {
            Default = trainer.Splits,
        },
        new("split_input_duration_threshold", FieldKind.Number, "Accepted and not used, as nothing is split.")
        {
            Default = 30.0, Minimum = 1, Maximum = 60,
        },
        new("trigger_phrase", FieldKind.Text, "Words that every caption begins with.") { Default = "" },
        .. trainer.NamesSound ? [Sound] : Array.Empty<InputField>(),
        new("debug_dataset", FieldKind.Boolean, "Whether what was trained with is returned, too.") { Default = false },
        new("validation", FieldKind.List, "Clips that are made when the training is done.")
        {
            Default = Array.Empty<object>(), Items = trainer.Validation,
        },
        new("validation_negative_prompt", FieldKind.Text, "What they are steered away from.") { Default = trainer.NegativePrompt },
        Frames("validation_number_of_frames", "Frames of such a clip"),
        Rate("validation_frame_rate", "Frames a second of such a clip.", trainer.Rate),
        Choice("validation_resolution", "How large such a clip is.", "high", Resolutions),
        Choice("validation_aspect_ratio", "Width to height of such a clip.", "1:1", Aspects),
        new("stg_scale", FieldKind.Number, "Accepted and not used: such a clip is made as the endpoint makes it, whose recipe sets the guidance.")
        {
            Default = 1.0, Minimum = 0, Maximum = 3,
        },
    ];

    private static InputField Frames(string name, string what) =>
        new(name, FieldKind.Integer, $"{what}, one more than a multiple of 8.") { Default = 89, Minimum = 1, Maximum = 121 };

    private static InputField Rate(string name, string what, int standard) =>
        new(name, FieldKind.Integer, what) { Default = standard, Minimum = 8, Maximum = 60 };

    private static InputField Choice(string name, string what, string standard, IReadOnlyList<string> choices) =>
        new(name, FieldKind.Choice, what) { Default = standard, Choices = choices };

    private static InputField FirstFrame(double standard) =>
        new("first_frame_conditioning_p", FieldKind.Number, "In what share of the steps the first frame is given.")
        {
            Default = standard, Minimum = 0, Maximum = 1,
        };

    private static InputField[] Crop() =>
    [
        new("crop_top_left", FieldKind.Pair, "Column and row where the kept rectangle begins, in pixels of the training's size.")
        {
            Required = true, Minimum = 0,
        },
        new("crop_bottom_right", FieldKind.Pair, "Column and row behind its end. It is taken on the model's grid, of 32 pixels.")
        {
            Required = true, Minimum = 0,
        },
    ];

    private static InputField[] Factors() =>
    [
        Factor("reference_downscale_factor", "How many times smaller than the clip its reference is."),
        Factor("reference_temporal_scale_factor", "How many times fewer frames a second it has."),
    ];

    private static InputField Factor(string name, string what) => new(name, FieldKind.Integer, what) { Default = 1, Minimum = 1, Maximum = 8 };

    private static InputField Clip(string name, string description) => new(name, FieldKind.Url, description) { Required = true };

    private static ItemSchema Validation(string name, params InputField[] fields) => new(name, fields, MostValidation);

    /// <summary>In what one trainer differs from another.</summary>
    /// <param name="Kind">what it teaches</param>
    /// <param name="Data">what its zip holds</param>
    /// <param name="Validation">what its validation clips are made of</param>
    private sealed record Trainer(TrainingKind Kind, string Data, ItemSchema Validation)
    {
        public int Steps { get; init; } = 2000;

        public int Rate { get; init; } = 24;

        /// <summary>Whether clips are split unless the client says otherwise: not where that would part a clip from its mask.</summary>
        public bool Splits { get; init; } = true;

        /// <summary>The default of first_frame_conditioning_p; null where there is no such field.</summary>
        public double? FirstFrame { get; init; }

        /// <summary>Whether a reference may be smaller and slower than its clip.</summary>
        public bool HasFactors { get; init; }

        /// <summary>Whether fal's has the switch for sound.</summary>
        public bool NamesSound { get; init; }

        public string NegativePrompt { get; init; } = TrainingSchema.NegativePrompt;
    }
}
