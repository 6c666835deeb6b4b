using System.Text.Json;
using Ltx.Inference.Lora;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Merged weights and the pass with them, for every recorded mix, and every spelling of a LoRA that the model folder has in several.</summary>
internal sealed class LoraCase : IParityCase
{
    public bool Handles(string name) => name == "lora";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using LtxTransformer transformer = new(context.Checkpoint, context.Device, context.Type);
        StreamInput video = TransformerInputs.Video(golden, transformer, context), audio = TransformerInputs.Audio(golden, transformer, context);
        LoraMerger merger = new(transformer.Weights);
        string weightName = golden.Text("weight");
        LinearSlot watched = transformer.Linears[weightName[..weightName.LastIndexOf('.')]];
        foreach ((string mix, JsonElement parts) in golden.Value<Dictionary<string, JsonElement>>("mixes"))
        {
            List<LoraUse> loras = [.. parts.EnumerateArray().Select(part => new LoraUse(LoraFile.Open(Path.Combine(context.Model.Path, part[0].GetString()!)), part[1].GetDouble()))];
            foreach ((string spelling, List<LoraUse> spelled) in Spellings(mix, loras, context.Model.Path))
            {
                merger.Use(spelled);
                Compare($"out.{mix}.weight{spelling}", watched.Weight.Tensors[0], golden.Tensor($"out.{mix}.weight"), report);
                (Tensor vx, Tensor ax) = transformer.Forward(video, audio, Perturbations.None);
                Compare($"out.{mix}.video{spelling}", vx, golden.Tensor($"out.{mix}.video"), report);
                Compare($"out.{mix}.audio{spelling}", ax, golden.Tensor($"out.{mix}.audio"), report);
            }
        }
    }

    private static void Compare(string name, Tensor actual, Tensor expected, ParityReport report) => report.Compare(name, actual, expected);

    // <kind>-<spelling>.safetensors are the same LoRA written in several ways. One has an alpha that makes it weaker; its strength makes up for it.
    private static IEnumerable<(string Name, List<LoraUse> Loras)> Spellings(string mix, List<LoraUse> loras, string model)
    {
        yield return ("", loras);
        if (loras is not [LoraUse only]) yield break;
        string name = Path.GetFileName(only.File.Path), kind = name.Split('-')[0], folder = Path.Combine(model, "loras");
        if (!Directory.Exists(folder)) yield break;
        foreach (string file in Directory.EnumerateFiles(folder, $"{kind}-*.safetensors").Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file) == name) continue;
            LoraFile other = LoraFile.Open(file);
            yield return ($" {Path.GetFileNameWithoutExtension(file)[(kind.Length + 1)..]}", [new LoraUse(other, only.Strength / other.Modules[0].LowRank!.Scale)]);
        }
    }
}
