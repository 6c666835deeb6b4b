using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>The latents of both streams, unpatchified.</summary>
/// <param name="Video">[1, C, f, h, w]</param>
/// <param name="Audio">[1, C, T, F]</param>
internal readonly record struct LatentPair(Tensor Video, Tensor Audio);
