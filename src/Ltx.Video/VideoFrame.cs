namespace Ltx.Video;

/// <summary>One frame, rows from the top, no padding between them. Its bytes are its own: a reader never writes to them again.</summary>
/// <param name="Index">Number of the frame at the rate that was asked for, from 0.</param>
/// <param name="Size">Width and height.</param>
/// <param name="Pixels">Bytes as <see cref="FramePixels"/> has them, such as [height, width, 3] of RGB.</param>
public sealed record VideoFrame(int Index, FrameSize Size, ReadOnlyMemory<byte> Pixels);
