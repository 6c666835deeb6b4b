using System.Globalization;
using System.Text.Json;
using Ltx.Training.Conditions;

namespace Ltx.Training.Checkpoints;

/// <summary>Everything that decides what a training comes to, by name; a state of one training is none of another.</summary>
internal sealed record TrainingFingerprint(IReadOnlyDictionary<string, string> Values)
{
    public static TrainingFingerprint Of(TrainingOptions options, TrainingIdentity identity)
    {
        GivenConditions given = GivenConditions.Of(options);
        SortedDictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["model"] = identity.Model,
            ["data"] = identity.Data,
            ["kind"] = options.Kind.ToString(),
            ["weights"] = options.Full ? "all" : string.Create(CultureInfo.InvariantCulture, $"rank {options.Rank}, alpha {options.Alpha ?? options.Rank}"),
            ["steps"] = Text(options.Steps),
            ["learning rate"] = Text(options.LearningRate),
            ["schedule"] = options.Schedule.ToString(),
            ["weight decay"] = Text(options.WeightDecay),
            ["gradient norm"] = Text(options.LargestGradientNorm),
            ["batch"] = Text(options.Batch),
            ["seed"] = Text(options.Seed),
            ["noise levels"] = options.Sigmas.ToString(),
            ["given"] = string.Create(
                CultureInfo.InvariantCulture,
                $"mask {given.Mask}, first frame {given.FirstFrame}, rectangle {given.Rectangle?.ToString() ?? "none"}, "
                + $"reference {given.Reference} at 1/{given.ReferenceDownscale}, every {given.ReferenceTemporalScale}"),
        };
        return new TrainingFingerprint(values);
    }

    public static TrainingFingerprint FromJson(string json) => new(JsonSerializer.Deserialize<SortedDictionary<string, string>>(json)!);

    public string ToJson() => JsonSerializer.Serialize(Values);

    /// <summary>In what another one differs, as the end of a sentence; null where it does not.</summary>
    public string? Difference(TrainingFingerprint other)
    {
        foreach ((string name, string value) in Values)
        {
            string? theirs = other.Values.GetValueOrDefault(name);
            if (theirs != value) return $"its {name} is {theirs ?? "not stated"}, and {value} is asked for";
        }
        return null;
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
