using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ltx.Inference.Generation;
using Ltx.Server.Fetch;
using Ltx.Video;

namespace Ltx.Server.Fal;

/// <summary>
/// A validated input of the inpainting endpoints. A new field is a row of <see cref="InpaintSchema"/>, a property here with its line in
/// <see cref="Read"/> (and in <see cref="ToParameters"/>), and a property of <see cref="GenerationParameters"/>.
/// </summary>
internal sealed record InpaintInput : JobInput
{
    /// <summary>An input that says nothing: what the schema says in its place.</summary>
    public static InpaintInput Defaults { get; } = Read(new FieldReader(InpaintSchema.PlainFields, JsonSerializer.SerializeToElement(new { })));

    public required string Prompt { get; init; }

    public required string VideoUrl { get; init; }

    public required string MaskVideoUrl { get; init; }

    public required double VideoStrength { get; init; }

    public required int NumFrames { get; init; }

    public required double FramesPerSecond { get; init; }

    public required int NumInferenceSteps { get; init; }

    public required double GuidanceScale { get; init; }

    public required bool GenerateAudio { get; init; }

    public required string NegativePrompt { get; init; }

    /// <summary>Null: one is drawn.</summary>
    public required long? Seed { get; init; }

    public required bool EnablePromptExpansion { get; init; }

    public required bool EnableSafetyChecker { get; init; }

    public required VideoQuality VideoQuality { get; init; }

    public required WriteMode VideoWriteMode { get; init; }

    public required bool SyncMode { get; init; }

    public required IReadOnlyList<LoraInput> Loras { get; init; }

    /// <summary>What the fields say. Of fields with a problem, and the reader has it, the default.</summary>
    public static InpaintInput Read(FieldReader fields) => new()
    {
        Prompt = fields.Text("prompt"),
        VideoUrl = fields.Url("video_url"),
        MaskVideoUrl = fields.Url("mask_video_url"),
        VideoStrength = fields.Number("video_strength"),
        NumFrames = (int)fields.Integer("num_frames")!.Value,
        FramesPerSecond = fields.Number("frames_per_second"),
        NumInferenceSteps = (int)fields.Integer("num_inference_steps")!.Value,
        GuidanceScale = fields.Number("guidance_scale"),
        GenerateAudio = fields.Boolean("generate_audio"),
        NegativePrompt = fields.Text("negative_prompt"),
        Seed = fields.Integer("seed"),
        EnablePromptExpansion = fields.Boolean("enable_prompt_expansion"),
        EnableSafetyChecker = fields.Boolean("enable_safety_checker"),
        VideoQuality = Enum.Parse<VideoQuality>(fields.Choice("video_quality"), ignoreCase: true),
        VideoWriteMode = Enum.Parse<WriteMode>(fields.Choice("video_write_mode"), ignoreCase: true),
        SyncMode = fields.Boolean("sync_mode"),
        Loras = fields.Has("loras") ? LoraReader.Read(fields) : [],
    };

    /// <summary>Video, mask, then the LoRAs in their order.</summary>
    public override IReadOnlyList<WantedFile> Files =>
    [
        new WantedFile(VideoUrl, FetchKind.Video, ["body", "video_url"]),
        new WantedFile(MaskVideoUrl, FetchKind.Mask, ["body", "mask_video_url"]),
        .. Loras.Select((lora, i) => new WantedFile(lora.Path, FetchKind.Lora, ["body", "loras", i, "path"])),
    ];

    /// <summary>Requests with the same adapters at the same strengths can share what is merged.</summary>
    public override string LoraSet => Loras.Count == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\n', Loras.Select(l => FormattableString.Invariant($"{l.Path}\t{l.Scale}\t{l.Stages}"))))));

    /// <summary>What a clip is generated with; what the input leaves open is decided here, once.</summary>
    /// <param name="loraFiles">where the LoRAs lie, in their order</param>
    public GenerationParameters ToParameters(IReadOnlyList<string> loraFiles) => new(Prompt)
    {
        VideoStrength = VideoStrength,
        Steps = NumInferenceSteps,
        GuidanceScale = GuidanceScale,
        GenerateAudio = GenerateAudio,
        NegativePrompt = NegativePrompt,
        Seed = Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
        ExpandPrompt = EnablePromptExpansion,
        Loras = [.. Loras.Zip(loraFiles, (lora, file) => new LoraChoice(file, lora.Scale, lora.Stages, Redaction.Url(lora.Path)))],
    };
}
