using System.Globalization;
using Ltx.Inference.Generation;

namespace Ltx.Server.Commands;

/// <summary>A LoRA as it is written on the command line: FILE[:scale[:stage]].</summary>
internal static class LoraChoiceText
{
    /// <exception cref="Ltx.Inference.InferenceException">The scale is no number, or the stage is none.</exception>
    public static LoraChoice Parse(string text)
    {
        // A path may hold colons of its own, so the parts are taken from the end, and only where they are what they should be.
        if (File.Exists(text)) return new LoraChoice(text);
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
        if (colon > 0 && double.TryParse(path[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double scale)) path = path[..colon];
        else if (named) throw Wrong(text);
        else scale = 1;
        if (!File.Exists(path) && BeginsWithFile(path)) throw Wrong(text);
        return new LoraChoice(path, scale, stages);
    }

    private static bool BeginsWithFile(string path)
    {
        for (int colon = path.LastIndexOf(':'); colon > 0; colon = path.LastIndexOf(':', colon - 1))
        {
            if (File.Exists(path[..colon])) return true;
        }
        return false;
    }

    private static Exception Wrong(string text) => CommandFailure.Wrong($"--lora {text}: after the file comes its scale, a number, and after that both, stage_1 or stage_2.");

    private static LoraStages? Stage(string text) => text switch
    {
        "both" => LoraStages.Both,
        "stage_1" => LoraStages.Stage1,
        "stage_2" => LoraStages.Stage2,
        _ => null,
    };
}
