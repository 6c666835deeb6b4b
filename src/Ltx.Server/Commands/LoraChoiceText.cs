using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Generation;

namespace Ltx.Server.Commands;

/// <summary>A LoRA as it is written on the command line: FILE[:scale[:stage]].</summary>
internal static class LoraChoiceText
{
    /// <exception cref="InferenceException">The scale is no number, or the stage is none.</exception>
    public static LoraChoice Parse(string text)
    {
        // A path may hold colons of its own, so the parts are taken from the end, and only where they are what they should be.
        string path = text;
        LoraStages stages = LoraStages.Both;
        int colon = path.LastIndexOf(':');
        bool named = colon > 0 && Stage(path[(colon + 1)..]) is not null;
        if (named)
        {
            stages = Stage(path[(colon + 1)..])!.Value;
            path = path[..colon];
            colon = path.LastIndexOf(':');
        }
        if (colon > 0 && double.TryParse(path[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double scale)) return new LoraChoice(path[..colon], scale, stages);
        if (named || (colon > 0 && !File.Exists(path) && File.Exists(path[..colon])))
        {
            throw new InferenceException(Fault.Input, $"--lora {text}: after the file comes its scale, a number, and after that both, stage_1 or stage_2.");
        }
        return new LoraChoice(path, 1, stages);
    }

    private static LoraStages? Stage(string text) => text switch
    {
        "both" => LoraStages.Both,
        "stage_1" => LoraStages.Stage1,
        "stage_2" => LoraStages.Stage2,
        _ => null,
    };
}
