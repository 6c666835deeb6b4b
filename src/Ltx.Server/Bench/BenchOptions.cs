namespace Ltx.Server.Bench;

/// <summary>What to measure.</summary>
/// <param name="Size">of the request; null where none is run</param>
/// <param name="Tokens">of single forwards</param>
/// <param name="Repeat">measured runs of each, after one that is not</param>
/// <param name="Profile">whether single forwards are looked into, part by part</param>
internal sealed record BenchOptions((int Width, int Height, int Frames)? Size, int Steps, IReadOnlyList<int> Tokens, int Repeat, bool Profile);
