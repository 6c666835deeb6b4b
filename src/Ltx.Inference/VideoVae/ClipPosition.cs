namespace Ltx.Inference.VideoVae;

/// <summary>Where in its clip a piece lies that a layer is given.</summary>
/// <param name="Memory">what the pieces before it have left; empty at the beginning</param>
/// <param name="IsLast">whether the clip ends with this piece</param>
internal readonly record struct ClipPosition(FrameMemory Memory, bool IsLast);
