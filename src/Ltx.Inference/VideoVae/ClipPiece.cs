using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>Some frames of a clip on their way from one layer to the next.</summary>
/// <param name="Frames">[B, C, F, H, W], in no dispose scope: whoever takes the piece disposes it</param>
/// <param name="IsLast">whether the clip ends with it</param>
internal readonly record struct ClipPiece(Tensor Frames, bool IsLast);
