using System.CommandLine;
using Ltx.World.Clips;
using Ltx.World.Judging;
using Ltx.World.Scenes;

namespace Ltx.World.Commands;

/// <summary>`scene`: one scene as files, with its prompt, and what the judge reads off its target.</summary>
internal static class SceneCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = "where source.mp4, mask.mp4, target.mp4 and prompt.txt go" };
        Option<string> world = new("--world") { Description = "known, pink or band", DefaultValueFactory = _ => WorldNames.Known };
        Option<int> number = new("--number") { Description = "which of its scenes", DefaultValueFactory = _ => Worlds.Unseen };
        Command command = new("scene", "Writes one scene.") { folder, world, number };
        command.SetAction(async (arguments, _) =>
        {
            string target = arguments.GetValue(folder)!;
            Directory.CreateDirectory(target);
            Scene scene = WorldNames.Scene(arguments.GetValue(world)!, arguments.GetValue(number));
            await ClipFile.WriteAsync(Path.Combine(target, "source.mp4"), scene.Source);
            await ClipFile.WriteAsync(Path.Combine(target, "mask.mp4"), scene.MaskFrame);
            await ClipFile.WriteAsync(Path.Combine(target, "target.mp4"), scene.Target);
            await File.WriteAllTextAsync(Path.Combine(target, "prompt.txt"), scene.Prompt + "\n", CancellationToken.None);
            Console.WriteLine($"{scene.Prompt}: {Reading.Of(scene.Target, scene)}");
            return 0;
        });
        return command;
    }
}
