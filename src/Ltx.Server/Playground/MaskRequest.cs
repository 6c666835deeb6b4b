using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>A mask to be made: its size, the seconds of its frames, and the drawing.</summary>
internal sealed record MaskRequest(FrameSize Size, IReadOnlyList<double> Times, Marks Marks);
