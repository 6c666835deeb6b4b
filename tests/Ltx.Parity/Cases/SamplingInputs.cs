using Ltx.Inference.TextEncoder;
using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Streams as the sampling cases record them. Where a stream has no mask, all of it is generated.</summary>
internal static class SamplingInputs
{
    public static LatentState Stream(GoldenCase golden, string stream, ParityContext context)
    {
        Tensor latent = golden.Input($"in.{stream}.latent", context);
        LatentState state = LatentState.Initial(latent, golden.Tensor($"in.{stream}.positions").to(context.Device));
        string clean = $"in.{stream}.clean_latent", mask = $"in.{stream}.denoise_mask";
        if (golden.Has(clean)) state = state with { Clean = golden.Input(clean, context) };
        return golden.Has(mask) ? state with { DenoiseMask = golden.Tensor(mask).to(context.Device) } : state;
    }

    public static PromptContext Context(GoldenCase golden, string name, ParityContext context) =>
        new(golden.Input($"in.video.{name}", context), golden.Input($"in.audio.{name}", context));
}
