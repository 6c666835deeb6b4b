namespace Ltx.Video;

/// <summary>A mask's frames.</summary>
/// <param name="Frames">[height, width] bytes each, from 128 on white; at least one.</param>
/// <param name="Note">What was made of an unusual mask, in a sentence for the user; null for a usual one.</param>
public sealed record MaskFrames(IReadOnlyList<byte[]> Frames, string? Note);
