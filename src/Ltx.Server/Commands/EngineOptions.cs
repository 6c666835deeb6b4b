using System.CommandLine;
using System.CommandLine.Completions;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Commands;

/// <summary>The options of every command that runs the engine.</summary>
internal sealed class EngineOptions
{
    private readonly Option<string> model = new("--model") { Description = "model folder, or the name of one under models/", DefaultValueFactory = _ => ModelLocator.Default };
    private readonly Option<string> device = new("--device") { Description = "cpu, cuda or cuda:<number>; the first CUDA device if there is one", DefaultValueFactory = _ => "" };
    private readonly Option<string> type = new("--dtype") { Description = "float32 or bfloat16; float32 on a CPU, bfloat16 on a GPU", DefaultValueFactory = _ => "" };

    public void AddTo(Command command)
    {
        model.CompletionSources.Add(_ => ModelLocator.Names.Select(name => new CompletionItem(name)));
        command.Options.Add(model);
        command.Options.Add(device);
        command.Options.Add(type);
    }

    /// <summary>The model as it was named.</summary>
    public string Model(ParseResult arguments) => arguments.GetValue(model)!;

    /// <summary>Whether somebody named it.</summary>
    public bool NamesModel(ParseResult arguments) => arguments.GetResult(model) is { Implicit: false };

    /// <summary>Where and in what to compute.</summary>
    public (torch.Device Device, torch.ScalarType Type) Compute(ParseResult arguments)
    {
        torch.Device chosen = EngineDevice.Choose(arguments.GetValue(device)!);
        string named = arguments.GetValue(type)!;
        return (chosen, named.Length == 0 ? ComputeDevice.DefaultType(chosen) : ComputeDevice.ParseType(named));
    }

    /// <summary>What the options name; what is wrong with them is found out.</summary>
    public EngineChoice Choose(ParseResult arguments)
    {
        ModelFolder folder = ModelLocator.Open(Model(arguments));
        (torch.Device chosen, torch.ScalarType computed) = Compute(arguments);
        return new EngineChoice(folder, chosen, computed);
    }

    /// <summary>Loads the model that the options name.</summary>
    public Task<InpaintEngine> OpenAsync(ParseResult arguments) => Choose(arguments).LoadAsync();
}
