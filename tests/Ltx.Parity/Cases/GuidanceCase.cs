using Ltx.Inference.TextEncoder;
using System.Text.Json;
using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using Ltx.Inference.Transformer;

namespace Ltx.Parity.Cases;

/// <summary>One guided prediction, with each of the recorded settings.</summary>
internal sealed class GuidanceCase : IParityCase
{
    public bool Handles(string name) => name == "guidance";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using LtxTransformer transformer = new(context.Checkpoint, context.Device, context.Type);
        LatentState video = SamplingInputs.Stream(golden, "video", context), audio = SamplingInputs.Stream(golden, "audio", context);
        PromptContext positive = SamplingInputs.Context(golden, "context", context), negative = SamplingInputs.Context(golden, "negative", context);
        foreach (string setting in golden.Names("out.").Select(name => name.Split('.')[1]).Distinct())
        {
            Dictionary<string, JsonElement> parameters = golden.Value<Dictionary<string, JsonElement>>(setting);
            using GuidedDenoiser denoiser = new(transformer, video, audio, positive, negative, Parameters(parameters["video"]), Parameters(parameters["audio"]));
            StreamPair denoised = denoiser.Denoise(new StreamPair(video.Latent, audio.Latent), golden.Value<double>("sigma"));
            report.Compare($"out.{setting}.video", denoised.Video, golden.Tensor($"out.{setting}.video"));
            report.Compare($"out.{setting}.audio", denoised.Audio, golden.Tensor($"out.{setting}.audio"));
        }
    }

    // In the order that the metadata's "order" names.
    private static GuidanceParameters Parameters(JsonElement list) => new(
        Text: list[0].GetDouble(), Perturbed: list[1].GetDouble(), Rescale: list[2].GetDouble(), Modality: list[3].GetDouble(),
        PerturbedBlocks: [.. list[4].EnumerateArray().Select(block => block.GetInt32())]);
}
