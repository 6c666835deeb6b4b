using Ltx.Inference.Layers;

namespace Ltx.Inference.VideoVae;

/// <summary>One entry of <c>encoder_blocks</c> or <c>decoder_blocks</c>.</summary>
/// <param name="Layers">residual blocks in it; 0 for the others</param>
/// <param name="Stride">by how much it changes the size</param>
/// <param name="InChannels">channels it is given</param>
/// <param name="OutChannels">channels it gives</param>
/// <param name="HasSkip">whether a depth-to-space block adds its rearranged input</param>
internal sealed record VideoVaeBlock(VideoVaeBlockKind Kind, int Layers, Stride3d Stride, int InChannels, int OutChannels, bool HasSkip = false);
