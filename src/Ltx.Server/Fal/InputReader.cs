using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>Reads an endpoint's input from JSON: all problems at once, in the order of the schema, without any I/O.</summary>
internal static class InputReader
{
    public static InputReading Read(string endpoint, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new InputReading(null,
            [
                new FalDetail("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from")
                {
                    InputJson = FieldReader.Echo(root),
                },
            ]);
        }

        FieldReader fields = new(InpaintSchema.FieldsOf(endpoint), root);
        InpaintRequest request = new()
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
            VideoQuality = fields.Choice("video_quality"),
            VideoWriteMode = fields.Choice("video_write_mode"),
            SyncMode = fields.Boolean("sync_mode"),
            Loras = endpoint == InpaintSchema.LoraEndpoint ? LoraReader.Read(fields) : [],
        };
        return fields.Problems.Count == 0 ? new InputReading(request, []) : new InputReading(null, fields.Problems);
    }
}
