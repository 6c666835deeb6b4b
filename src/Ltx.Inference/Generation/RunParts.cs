namespace Ltx.Inference.Generation;

/// <summary>Names of what is measured within some stages.</summary>
public static class RunParts
{
    /// <summary>Part of the prompt's stage: Gemma writes the prompt out.</summary>
    public const string Expansion = "expansion";

    /// <summary>Part of both denoising stages: merging LoRAs.</summary>
    public const string Loras = "LoRA";

    /// <summary>Parts of the last stage. While it waits for the encoder, the encoder works; and mostly it need not wait.</summary>
    public const string Decoding = "decode", Compositing = "composite", Handing = "wait for encoder";
}
