using System.CommandLine;
using Ltx.Inference;
using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity.Cards;

/// <summary>`Ltx.Parity device CHECK --model DIR`: what is to be seen on a card with weights of the real form. tests/gpu runs them.</summary>
internal static class DeviceChecks
{
    private static readonly Dictionary<string, (string Description, Func<DeviceCheck, bool> Run)> Checks = new(StringComparer.Ordinal)
    {
        ["request"] = ("a whole request stage by stage, its frames to nobody; a number is its steps", RequestStagesCheck.Run),
        ["kernels"] = ("each of the project's kernels against its plain twin, at so many tokens: errors, and times beside a copy's", KernelCheck.Run),
        ["load"] = ("time to ready, seconds and GB/s of each component, peak memory of host and device", LoadCheck.Run),
        ["memory"] = ("each stage's predicted peak against what is seen, for requests of several sizes", MemoryCheck.Run),
        ["stream"] = ("forwards with streamed blocks against resident ones: the same numbers, and how much longer", StreamCheck.Run),
        ["switch"] = ("seconds of a change of LoRAs on every linear layer, by rank", SwitchCheck.Run),
        ["requests"] = ("a line with the hash of the result for every set of LoRAs that is asked for", RequestsCheck.Run),
    };

    public static Command Create()
    {
        Argument<string> check = new("check") { Description = string.Join("; ", Checks.Select(pair => $"{pair.Key}: {pair.Value.Description}")) };
        Option<string> model = new("--model") { Required = true, Description = "a model folder, or a preset (a file of models/presets) of which one is made on the device" };
        Option<int?> layers = new("--layers") { Description = "with a preset: blocks of the transformer, where not all are wanted" };
        Option<int?> gemmaLayers = new("--gemma-layers") { Description = "with a preset: layers of Gemma" };
        Option<string> device = new("--device") { DefaultValueFactory = _ => "cuda", Description = "cpu or cuda[:n]" };
        Option<string> dtype = new("--dtype") { DefaultValueFactory = _ => "", Description = "float32 or bfloat16; bfloat16 on a card" };
        Option<string[]> sizes = new("--size") { DefaultValueFactory = _ => ["1920x1088x121"], Description = "WxHxF, several times", AllowMultipleArgumentsPerToken = true };
        Option<int[]> numbers = new("--numbers") { DefaultValueFactory = _ => [], Description = "tokens, ranks or sets of LoRAs", AllowMultipleArgumentsPerToken = true };
        Option<double> limit = new("--memory") { Description = "GB of the card that may be used; 0 for all that is free" };
        check.AcceptOnlyFromAmong([.. Checks.Keys]);
        Command command = new("device", "Looks at what can only be seen on a card with weights of the real form.") { check, model, layers, gemmaLayers, device, dtype, sizes, numbers, limit };
        command.SetAction(arguments =>
        {
            try
            {
                Device chosen = ComputeDevice.Parse(arguments.GetValue(device)!);
                string type = arguments.GetValue(dtype)!;
                double gigabytes = arguments.GetValue(limit);
                DeviceCheck given = new(
                    Model(arguments.GetValue(model)!, new SynthesisOptions(arguments.GetValue(layers), arguments.GetValue(gemmaLayers))), chosen, type.Length == 0 ? ComputeDevice.DefaultType(chosen) : ComputeDevice.ParseType(type),
                    [.. arguments.GetValue(sizes)!.Select(DeviceCheck.Size)], arguments.GetValue(numbers)!, gigabytes == 0 ? null : (long)(gigabytes * 1e9));
                return Checks[arguments.GetValue(check)!].Run(given) ? 0 : 1;
            }
            catch (InferenceException e)
            {
                Console.Error.WriteLine(e.Message);
                return 2;
            }
        });
        return command;
    }

    // A preset's tokenizer is below the folder that its own folder is in.
    private static ModelFolder Model(string given, SynthesisOptions options) =>
        File.Exists(given) ? new ImaginedModel(ModelPreset.Read(given), options, Path.Combine(Path.GetDirectoryName(Path.GetFullPath(given))!, "..")).Folder : ModelFolder.Open(given);
}
