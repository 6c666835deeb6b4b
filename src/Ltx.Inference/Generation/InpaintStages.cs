namespace Ltx.Inference.Generation;

/// <summary>Names of a run's stages, for a person, in their order; and of what is measured within some of them.</summary>
public static class InpaintStages
{
    public const string Preparing = "preparing", Prompt = "prompt", Source = "source", Stage1 = "stage 1", Upsampling = "upsampling", Stage2 = "stage 2", Sound = "sound", Frames = "frames";

    /// <summary>Part of the prompt's stage: Gemma writes the prompt out.</summary>
    public const string Expansion = "expansion";

    /// <summary>Part of both denoising stages: merging LoRAs.</summary>
    public const string Loras = "LoRA";

    /// <summary>Parts of the last stage. While it waits for the encoder, the encoder works; and mostly it need not wait.</summary>
    public const string Decoding = "decode", Compositing = "composite", Handing = "wait for encoder";
}
