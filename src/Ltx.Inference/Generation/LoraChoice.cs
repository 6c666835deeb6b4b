namespace Ltx.Inference.Generation;

/// <summary>In which of the two stages a LoRA is used.</summary>
public enum LoraStages
{
    Both,
    Stage1,
    Stage2,
}

/// <summary>A user's LoRA.</summary>
/// <param name="Path">the safetensors file</param>
/// <param name="Scale">strength; 0 is off</param>
/// <param name="Stages">where it is used</param>
/// <param name="Name">what to call it in messages; null for the file's own name</param>
public sealed record LoraChoice(string Path, double Scale = 1, LoraStages Stages = LoraStages.Both, string? Name = null)
{
    /// <summary>How many can be used at once.</summary>
    public const int MostAtOnce = 3;

    /// <summary>What can be said of a request's LoRAs without a look at files or model.</summary>
    /// <exception cref="InferenceException">There are too many, or one has a scale that is no number.</exception>
    public static void Check(IReadOnlyList<LoraChoice> choices)
    {
        if (choices.Count > MostAtOnce) throw new InferenceException(Fault.Input, $"{choices.Count} LoRAs were given, and at most {MostAtOnce} can be used at once.");
        foreach ((int index, LoraChoice choice) in choices.Index())
        {
            if (!double.IsFinite(choice.Scale)) throw new LoraException(index, $"The LoRA {choice.Name ?? System.IO.Path.GetFileName(choice.Path)} has the scale {choice.Scale}.");
        }
    }
}
