using System.CommandLine;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Models;

namespace Ltx.Server.Commands;

/// <summary>`ltx models list`: what is here, and what can be pulled.</summary>
internal static class ModelsListCommand
{
    public static Command Create()
    {
        Command command = new("list", "Lists the models on this machine and those that can be pulled.");
        command.SetAction((_, cancellation) => CommandFailure.Guard(() => Task.FromResult(Run()), cancellation));
        return command;
    }

    private static int Run()
    {
        string folder = ModelLocator.Models;
        ModelManifest manifest = ModelManifest.Read(Path.Combine(folder, ModelManifest.FileName));
        IEnumerable<string> local = Directory.EnumerateDirectories(folder).Where(IsModel).Select(path => Path.GetFileName(path)).Except(manifest.Models.Keys);
        foreach (string name in local.Order(StringComparer.Ordinal)) Console.WriteLine($"{name,-14}  here      {ModelsCommand.Size(SizeOf(Path.Combine(folder, name)))}");
        foreach ((string name, ModelManifest.Model model) in manifest.Models) Console.WriteLine($"{name,-14}  {State(Path.Combine(folder, name)),-8}  {Size(Path.Combine(folder, name), model)}{model.Description} ({string.Join(", ", model.Parts.Values.Select(part => manifest.Licences[part.Licence].Name).Distinct())})");
        return 0;
    }

    private static bool IsModel(string folder) => File.Exists(Path.Combine(folder, ModelFolder.FileName));

    private static string State(string folder) => IsModel(folder) ? "here" : File.Exists(Path.Combine(folder, ModelLock.FileName)) ? "begun" : "to pull";

    // Only what is known: not every file's size is.
    private static string Size(string folder, ModelManifest.Model model)
    {
        if (IsModel(folder)) return $"{ModelsCommand.Size(SizeOf(folder))}, ";
        long known = model.Parts.Values.Sum(part => part.Bytes ?? 0);
        return model.Parts.Values.All(part => part.Bytes is not null) ? $"{ModelsCommand.Size(known)}, " : $"more than {ModelsCommand.Size(known)}, ";
    }

    // What is unpacked does not count twice.
    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => !PackedFiles.IsUnpacked(file.FullName)).Sum(file => file.Length);
}
