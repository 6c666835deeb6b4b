using System.Text.Json;
using Ltx.Inference.Generation;

namespace Ltx.Server.Fal;

/// <summary>Reads the list of LoRAs. Fields of an item that the schema does not know (`weight_name`) are ignored.</summary>
internal static class LoraReader
{
    private static readonly InputField[] ItemFields =
    [
        new("path", FieldKind.Url, "URL or data URI of the LoRA's .safetensors file.") { Required = true, Example = "https://example.com/path/to/lora.safetensors" },
        new("scale", FieldKind.Number, "Strength of the LoRA.") { Default = 1.0, Minimum = -InpaintSchema.MaxLoraScale, Maximum = InpaintSchema.MaxLoraScale },
        new("transformer", FieldKind.Choice, "The stages it is applied in: both, stage_1 (or high), stage_2 (or low).")
        {
            Default = "both", Choices = InpaintSchema.TransformerChoices,
        },
    ];

    public static IReadOnlyList<InputField> Fields => ItemFields;

    public static IReadOnlyList<LoraInput> Read(FieldReader fields)
    {
        if (fields.Find("loras", out var list) is not { } field)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            fields.Add(field, "list_type", "Input should be a valid list", list);
            return [];
        }

        if (list.GetArrayLength() > InpaintSchema.MaxLoras)
        {
            fields.Add(field, "sequence_too_long", $"Sequence should have at most {InpaintSchema.MaxLoras} items", list, ("max_length", InpaintSchema.MaxLoras));
            return [];
        }

        List<LoraInput> loras = [];
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                fields.Problems.Add(new FalDetail("model_attributes_type", ["body", "loras", index], "Input should be a valid dictionary or object to extract fields from")
                {
                    InputJson = FieldReader.Echo(item),
                });
                continue;
            }

            FieldReader itemFields = new(ItemFields, item, ["body", "loras", index], fields.Problems);
            loras.Add(new LoraInput(itemFields.Url("path"), itemFields.Number("scale"), Stages(itemFields.Choice("transformer"))));
        }

        return loras;
    }

    private static LoraStages Stages(string transformer) => transformer switch
    {
        "stage_1" or "high" => LoraStages.Stage1,
        "stage_2" or "low" => LoraStages.Stage2,
        _ => LoraStages.Both,
    };
}

/// <summary>One LoRA of a request: where it is, how strong, and in which of the two stages.</summary>
internal sealed record LoraInput(string Path, double Scale, LoraStages Stages);
