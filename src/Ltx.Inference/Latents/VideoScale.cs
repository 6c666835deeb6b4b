namespace Ltx.Inference.Latents;

/// <summary>How many frames and pixels one latent cell stands for on each axis (8, 32 and 32 in LTX-2.3).</summary>
public readonly record struct VideoScale(int Time, int Height, int Width);
