namespace Ltx.Inference.Synthesis;

/// <summary>How far a synthesis is.</summary>
/// <param name="File">the one being written</param>
/// <param name="Written">bytes of all files so far</param>
/// <param name="Total">bytes of all files</param>
public sealed record SynthesisProgress(string File, long Written, long Total);
