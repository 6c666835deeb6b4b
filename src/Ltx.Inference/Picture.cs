namespace Ltx.Inference;

/// <summary>One picture to look at.</summary>
/// <param name="Pixels">RGB24, Width * Height * 3 bytes</param>
public sealed record Picture(byte[] Pixels, int Width, int Height);
