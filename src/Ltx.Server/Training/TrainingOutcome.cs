namespace Ltx.Server.Training;

/// <summary>What a training made, as files in its folder.</summary>
/// <param name="Lora">what was learned; the whole checkpoint where all weights were trained</param>
/// <param name="Config">what it was made with, as JSON</param>
/// <param name="Log">one line a step</param>
/// <param name="Plot">the same as a picture</param>
/// <param name="Previews">the last previews, one after the other; null where there are none</param>
/// <param name="DataSet">what was prepared, packed; null where nobody asked</param>
internal sealed record TrainingOutcome(string Lora, string Config, string Log, string Plot, string? Previews, string? DataSet)
{
    /// <summary>Seconds that preparing, steps and previews took in this process.</summary>
    public IReadOnlyDictionary<TrainingPhase, double> Seconds { get; init; } = new Dictionary<TrainingPhase, double>();
}
