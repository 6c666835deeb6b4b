using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;
using Ltx.Server.Media;

namespace Ltx.Server.Bench;

/// <summary>A model to measure.</summary>
/// <param name="Name">for a person</param>
/// <param name="Folder">its parts: files, or what stands in for them</param>
/// <param name="Notes">what to know about figures of it</param>
internal sealed record BenchModel(string Name, ModelFolder Folder, IReadOnlyList<string> Notes)
{
    /// <summary>What it is made of where no file is behind it; null otherwise.</summary>
    public ImaginedModel? Imagined { get; private init; }

    /// <summary>Random weights of a published model's form, made on the device: no files, nothing downloaded.</summary>
    public static BenchModel Synthetic(ModelPreset preset, SynthesisOptions options)
    {
        ImaginedModel imagined = new(preset, options, ModelLocator.Models);
        string[] notes =
        [
            "The weights are random numbers in the form of the published ones: times mean something, pictures do not.",
            "They are made where they are computed with. What a model of files would read again, for a change of LoRAs or for a text encoder that does not stay, is made again, too; what a disk or a bus would add to that, or to the start, is not in these times.",
            $"The prompt is cut up by the tokenizer of {preset.TextEncoder.Tokenizer} and filled up to its usual length, and the text encoder's table is the full one; prompt expansion is left out.",
        ];
        return new BenchModel($"synthetic ({preset.Description})", imagined.Folder, notes) { Imagined = imagined };
    }
}
