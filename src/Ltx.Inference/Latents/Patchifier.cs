using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>Between latents and sequences of tokens. Source: ltx_core/components/patchifiers.py (400fd31), patch size 1.</summary>
public static class Patchifier
{
    /// <summary>[B, C, F, H, W] -> [B, F*H*W, C]</summary>
    public static Tensor VideoTokens(Tensor latent) => latent.flatten(2).transpose(1, 2);

    /// <summary>[B, T, C] -> [B, C, F, H, W]</summary>
    public static Tensor VideoLatent(Tensor tokens, LatentShape shape) => tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], shape.Frames, shape.Height, shape.Width);

    /// <summary>[B, C, T, F] -> [B, T, C*F]</summary>
    public static Tensor AudioTokens(Tensor latent) => latent.transpose(1, 2).flatten(2);

    /// <summary>[B, T, C*F] -> [B, C, T, F]</summary>
    public static Tensor AudioLatent(Tensor tokens, int channels) => tokens.reshape(tokens.shape[0], tokens.shape[1], channels, -1).transpose(1, 2);
}
