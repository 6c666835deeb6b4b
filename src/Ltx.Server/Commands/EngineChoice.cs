using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Commands;

/// <summary>What a command line chose of the engine, before anything of it is loaded.</summary>
/// <param name="Model">a folder that describes a model whose files are there</param>
internal sealed record EngineChoice(ModelFolder Model, torch.Device Device, torch.ScalarType Type)
{
    /// <summary>Loads the model.</summary>
    /// <param name="how">what else is to be decided; null for the defaults</param>
    /// <param name="isQuiet">nothing is said of how far it is</param>
    public Task<InpaintEngine> LoadAsync(InpaintOptions? how = null, bool isQuiet = false) => ConsoleProgress.LoadAsync(
        progress => InpaintEngine.OpenAsync(() =>
            new InpaintPipeline(Model, Device, Type, how ?? new InpaintOptions(RecipeFolder: ModelLocator.Recipes), progress)),
        isQuiet);
}
