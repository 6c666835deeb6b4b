using System.CommandLine;
using Ltx.World.Judging;

namespace Ltx.World.Commands;

/// <summary>`obeyed`: how often a model makes what the prompt says.</summary>
internal static class ObeyedCommand
{
    public static Command Create()
    {
        Option<string> folder = new("--out") { Description = "where clips go", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ltx-obeyed") };
        Option<string> model = new("--model") { Description = "a name or a folder", DefaultValueFactory = _ => "miniature" };
        Option<string[]> loras = new("--lora") { Description = "as of ltx inpaint", AllowMultipleArgumentsPerToken = false };
        Option<bool> truth = new("--truth") { Description = "reads the true targets in place of what a model makes" };
        Command command = new("obeyed", "Sixteen scenes that no model was trained with: does what the prompt says stand under the mask?") { folder, model, loras, truth };
        command.SetAction(async (arguments, _) =>
        {
            string target = arguments.GetValue(folder)!;
            Directory.CreateDirectory(target);
            Product product = new(target, arguments.GetValue(model)!, arguments.GetValue(loras) ?? []);
            await PromptObeyed.RunAsync(arguments.GetValue(truth) ? (scene, _) => Task.FromResult<Func<int, byte[]>>(scene.Target) : product.InpaintAsync, Console.Out);
            return 0;
        });
        return command;
    }
}
