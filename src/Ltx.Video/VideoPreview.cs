namespace Ltx.Video;

/// <summary>What <see cref="PreviewWriter"/> has written.</summary>
/// <param name="Size">Size of the preview's frames; the source's displayed size, or that scaled down.</param>
/// <param name="Times">Seconds of each frame, counted from the first, in microseconds as the source has them.</param>
public sealed record VideoPreview(FrameSize Size, IReadOnlyList<double> Times);
