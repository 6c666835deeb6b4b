using Ltx.Inference.Generation;

namespace Ltx.Server.Fal;

/// <summary>The input schema of `fal-ai/ltx-2.3-quality/inpaint/lora` and of its sibling without LoRAs. Ranges and defaults are the endpoint's.</summary>
internal static class InpaintSchema
{
    /// <summary>Owner and alias, under which status, result and cancel are addressed.</summary>
    public const string App = "fal-ai/ltx-2.3-quality";

    public const string LoraEndpoint = "inpaint/lora";

    public const string PlainEndpoint = "inpaint";

    public const int MaxLoras = LoraChoice.MostAtOnce;

    public const double MaxLoraScale = 4;

    public const string DefaultNegativePrompt =
        "color distortion, overexposure, static, blurry details, subtitles, style, artwork, painting, frame, still, dim overall tone, "
        + "worst quality, low quality, JPEG compression artifacts, ugly, mutilated, extra fingers, poorly drawn hands, poorly drawn face, "
        + "deformed, disfigured, malformed limbs, fused fingers, motionless frame, cluttered background, three legs, crowded background, "
        + "walking backwards";

    /// <summary>`high` and `low` are the words of the comparable Wan endpoints; `stage_1` and `stage_2` say what they mean here.</summary>
    public static readonly IReadOnlyList<string> TransformerChoices = ["both", "stage_1", "stage_2", "high", "low"];

    private static readonly InputField[] Common =
    [
        new("prompt", FieldKind.Text, "What should appear inside the masked area.")
        {
            Required = true, Example = "Replace the masked region with matching cinematic background detail.",
        },
        new("video_url", FieldKind.Url, "URL or data URI of the video to inpaint.") { Required = true },
        new("mask_video_url", FieldKind.Url, "URL or data URI of the mask, a video or an image: white is generated anew, black keeps the source.") { Required = true },
        new("video_strength", FieldKind.Number, "How strongly the source video guides the generation; higher keeps more of its structure.")
        {
            Default = 1.0, Minimum = 0, Maximum = 1,
        },
        new("num_frames", FieldKind.Integer, "How many frames to generate.") { Default = 121, Minimum = 9, Maximum = 481 },
        new("frames_per_second", FieldKind.Number, "Frame rate of the result; the source is read at this rate.") { Default = 24.0, Minimum = 1, Maximum = 60 },
        new("num_inference_steps", FieldKind.Integer, "Denoising steps of the first stage.") { Default = 15, Minimum = 8, Maximum = 30 },
        new("guidance_scale", FieldKind.Number, "Scale of classifier-free guidance; 1 is none.") { Default = 1.0, Minimum = 1, Maximum = 20 },
        new("generate_audio", FieldKind.Boolean, "Whether the result has sound. False gives an MP4 without an audio track.") { Default = true },
        new("negative_prompt", FieldKind.Text, "What to steer away from. The default recipe looks at it without guidance, too.") { Default = DefaultNegativePrompt },
        new("seed", FieldKind.Integer, "Seed of the noise; a random one is chosen and returned when it is absent."),
        new("enable_prompt_expansion", FieldKind.Boolean, "Whether a language model may enrich the prompt.") { Default = true },
        new("enable_safety_checker", FieldKind.Boolean, "Whether prompt and media are checked.") { Default = true },
        new("video_quality", FieldKind.Choice, "Quality of the encoded video; higher means larger files.")
        {
            Default = "high", Choices = ["low", "medium", "high", "maximum"],
        },
        new("video_write_mode", FieldKind.Choice, "Speed of encoding against file size.") { Default = "balanced", Choices = ["fast", "balanced", "small"] },
        new("sync_mode", FieldKind.Boolean, "Return the video as a data URI inside the result.") { Default = false },
    ];

    public static readonly IReadOnlyList<InputField> LoraItemFields =
    [
        new("path", FieldKind.Url, "URL or data URI of the LoRA's .safetensors file.")
        {
            Required = true, Example = "https://example.com/path/to/lora.safetensors",
        },
        new("scale", FieldKind.Number, "Strength of the LoRA.") { Default = 1.0, Minimum = -MaxLoraScale, Maximum = MaxLoraScale },
        new("transformer", FieldKind.Choice, "The stages it is applied in: both, stage_1 (or high), stage_2 (or low).")
        {
            Default = "both", Choices = TransformerChoices,
        },
    ];

    private static readonly InputField Loras =
        new("loras", FieldKind.List, "Up to three LoRAs, each at most 3 GiB, applied on top of the model.")
        {
            Required = true, Items = new ItemSchema("LoRAInput", LoraItemFields, MaxLoras),
        };

    public static readonly IReadOnlyList<InputField> LoraFields = [.. Common, Loras];

    public static readonly IReadOnlyList<InputField> PlainFields = Common;

    private static readonly OutputField[] Outputs =
    [
        new("video", OutputKind.File, ""),
        new("seed", OutputKind.Integer, "The seed that was used."),
        new("prompt", OutputKind.Text, "The prompt that was used, after any expansion."),
    ];

    public static IReadOnlyList<Application> Applications { get; } = [Of(LoraEndpoint, LoraFields), Of(PlainEndpoint, PlainFields)];

    public static InputField Field(string name) => LoraFields.First(field => field.Name == name);

    private static Application Of(string path, IReadOnlyList<InputField> inputs) => new($"{App}/{path}")
    {
        Kind = JobKind.Inpaint,
        Category = "video-to-video",
        Name = path.Replace('/', '-'),
        Inputs = inputs,
        Outputs = Outputs,
        Read = InpaintInput.Read,
    };
}
