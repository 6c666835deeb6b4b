using System.CommandLine;
using Ltx.Server.Media;
using Ltx.Server.Models;

namespace Ltx.Server.Commands;

/// <summary>`ltx models rm`: gives back the disk that a pulled model takes.</summary>
internal sealed class ModelsRemoveCommand
{
    private readonly Argument<string> name = new("name") { Description = "a model that `ltx models pull` brought, or its folder" };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "without a question" };

    public static Command Create()
    {
        ModelsRemoveCommand definition = new();
        Command command = new("rm", "Removes a model that was pulled, whole or in part.") { definition.name, definition.yes };
        definition.name.CompletionSources.Add(_ => ModelLocator.Names.Select(model => new System.CommandLine.Completions.CompletionItem(model)));
        command.SetAction(arguments => CommandFailure.Guard(() => definition.Run(arguments)));
        return command;
    }

    private int Run(ParseResult arguments)
    {
        string wanted = arguments.GetValue(name)!,
            folder = Path.GetFullPath(Directory.Exists(wanted) ? wanted : Path.Combine(ModelLocator.Models, wanted));
        if (!Directory.Exists(folder)) throw CommandFailure.Wrong($"There is no model \"{wanted}\" here.");
        // Only what can be had again by the same way; whatever else lies in models/ is somebody's own.
        if (ModelLock.Read(folder) is not { } pulled) throw CommandFailure.Wrong($"{folder} was not pulled; what is in it is yours to remove.");
        string size = ModelsCommand.Size(new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
        if (!arguments.GetValue(yes) && !Question.Asks($"Remove {folder}, {size}?"))
        {
            throw CommandFailure.Wrong($"{folder}, {size}, is still there: add --yes to remove it.");
        }
        Directory.Delete(folder, recursive: true);
        Console.WriteLine($"{folder} is removed, {size}; `ltx models pull {pulled.Model}` gets it again.");
        return 0;
    }
}
