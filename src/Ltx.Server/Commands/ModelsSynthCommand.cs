using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Synthesis;
using Ltx.Server.Media;

namespace Ltx.Server.Commands;

/// <summary>`ltx models synth`: a model folder of random weights in the exact form of a published one.</summary>
internal sealed class ModelsSynthCommand
{
    private readonly Option<string> preset = new("--preset") { Required = true, Description = "name of a file under models/presets/, or a file" };
    private readonly Option<string> output = new("--out", "-o") { Required = true, Description = "the folder to make" };
    private readonly Option<int?> layers = new("--layers") { Description = "blocks of the transformer, where not all are wanted" };
    private readonly Option<int?> gemmaLayers = new("--gemma-layers") { Description = "layers of Gemma, and with them the width of the text projection" };
    private readonly Option<int> float8 = new("--fp8-blocks") { Description = "blocks whose linear layers are in float8 with scales, as in the official float8 checkpoints (there 43 or 44)", DefaultValueFactory = _ => 0 };
    private readonly Option<long> seed = new("--seed") { Description = "other weights for another seed", DefaultValueFactory = _ => 0 };

    public static Command Create()
    {
        ModelsSynthCommand definition = new();
        Command command = new("synth", "Makes a model folder of random weights with the names, types, shapes and metadata of a published one.")
        {
            definition.preset, definition.output, definition.layers, definition.gemmaLayers, definition.float8, definition.seed,
        };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        SynthesisOptions options = new(arguments.GetValue(layers), arguments.GetValue(gemmaLayers), arguments.GetValue(float8), arguments.GetValue(seed));
        ModelSynthesizer synthesizer = new(Read(arguments.GetValue(preset)!), options);
        string folder = OutputPath.Folder("--out", arguments.GetValue(output)!);
        Stopwatch clock = Stopwatch.StartNew();
        await ByteProgress.ShowAsync(tell => Task.Run(
            () =>
            {
                synthesizer.Write(folder, ModelLocator.Models, progress => tell(progress.File, progress.Written, progress.Total), cancellation);
                return true;
            },
            cancellation));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: {ModelsCommand.Size(synthesizer.Length)} in {clock.Elapsed.TotalSeconds:0.0} s"));
        return 0;
    }

    /// <summary>A preset by its name or its file.</summary>
    internal static ModelPreset Read(string nameOrFile)
    {
        if (File.Exists(nameOrFile)) return ModelPreset.Read(nameOrFile);
        string folder = Path.Combine(ModelLocator.Models, "presets"), named = Path.Combine(folder, nameOrFile + ".json");
        if (File.Exists(named)) return ModelPreset.Read(named);
        string known = Directory.Exists(folder) ? string.Join(", ", Directory.EnumerateFiles(folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)) : "none";
        throw CommandFailure.Wrong($"There is no preset \"{nameOrFile}\"; {folder} has: {known}.");
    }
}
