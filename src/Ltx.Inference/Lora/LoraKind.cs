namespace Ltx.Inference.Lora;

/// <summary>What a LoRA was trained to be given of the source.</summary>
public enum LoraKind
{
    /// <summary>Neither: it changes what is made, and not from what.</summary>
    Neither,

    /// <summary>Clean latents of what is preserved, and no guide.</summary>
    Mask,

    /// <summary>A reference video: the guide.</summary>
    Reference,
}
