using Ltx.Inference.Generation;

namespace Ltx.Server.Fal;

/// <summary>Reads the list of LoRAs. Fields of an item that the schema does not know (`weight_name`) are ignored.</summary>
internal static class LoraReader
{
    public static IReadOnlyList<InputField> Fields => InpaintSchema.LoraItemFields;

    public static IReadOnlyList<LoraInput> Read(FieldReader fields) =>
        [.. fields.Items("loras").Select(item => new LoraInput(item.Url("path"), item.Number("scale"), Stages(item.Choice("transformer"))))];

    private static LoraStages Stages(string transformer) => transformer switch
    {
        "stage_1" or "high" => LoraStages.Stage1,
        "stage_2" or "low" => LoraStages.Stage2,
        _ => LoraStages.Both,
    };
}

/// <summary>One LoRA of a request: where it is, how strong, and in which of the two stages.</summary>
internal sealed record LoraInput(string Path, double Scale, LoraStages Stages);
