namespace Ltx.Inference.Forms;

/// <summary>What was found out about one part of a model folder.</summary>
/// <param name="Part">its key in <c>model.json</c></param>
/// <param name="Path">file or folder</param>
/// <param name="Facts">what it is, for a person; empty where it could not be read</param>
/// <param name="Faults">whole sentences; none where it is sound</param>
public sealed record PartReport(string Part, string Path, string Facts, IReadOnlyList<string> Faults);
