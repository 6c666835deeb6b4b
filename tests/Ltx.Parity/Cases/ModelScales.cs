using Ltx.Inference.AudioVae;
using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;

namespace Ltx.Parity.Cases;

/// <summary>What the model's VAEs say about sizes.</summary>
internal static class ModelScales
{
    public static VideoScale Video(ParityContext context) => VideoVaeConfig.Read(context.Checkpoint.Config).Scale;

    public static AudioScale Audio(ParityContext context) => AudioVaeConfig.Read(context.Checkpoint.Config).Scale;
}
