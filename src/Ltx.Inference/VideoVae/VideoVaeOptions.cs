namespace Ltx.Inference.VideoVae;

/// <summary>How the VAE computes; the numbers are the same to rounding.</summary>
/// <param name="ChannelsLast">
/// keep channels side by side in memory: the layout that cuDNN's convolutions are fastest in
/// </param>
/// <param name="MaximumElements">
/// how many numbers one activation may hold: time is cut into pieces that stay below. The default is 0.5 GB in bfloat16; about
/// six such tensors live at the worst moment. A single frame is never cut.
/// </param>
public sealed record VideoVaeOptions(bool ChannelsLast = false, long MaximumElements = 1L << 28)
{
    public static VideoVaeOptions Default { get; } = new();
}
