namespace Ltx.Inference.Layers;

/// <summary>What one kind of work took in one place of the model, without what is within it.</summary>
/// <param name="Place">for a person</param>
/// <param name="Kind">for a person</param>
/// <param name="Calls">how often it was entered</param>
public sealed record PartTime(string Place, string Kind, TimeSpan Time, int Calls);
