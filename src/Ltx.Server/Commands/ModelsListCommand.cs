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
        Option<bool> json = TellingOptions.Json();
        Command command = new("list", "Lists the models on this machine and those that can be pulled.") { json };
        command.SetAction(arguments => CommandFailure.Guard(() => Run(arguments.GetValue(json))));
        return command;
    }

    private static int Run(bool json)
    {
        string folder = ModelLocator.Models;
        ModelManifest manifest = ModelManifest.Read(Path.Combine(folder, ModelManifest.FileName));
        IEnumerable<string> local = ModelLocator.Names.Except(manifest.Models.Keys);
        if (json)
        {
            TellingOptions.Print(local.Concat(manifest.Models.Keys).Select(name => new
            {
                Name = name,
                State = manifest.Models.ContainsKey(name) ? State(Path.Combine(folder, name)) : "here",
                BytesOnDisk = Directory.Exists(Path.Combine(folder, name)) ? SizeOf(Path.Combine(folder, name)) : 0,
            }));
            return 0;
        }
        foreach (string name in local) Console.WriteLine($"{name,-14}  here      {ModelsCommand.Size(SizeOf(Path.Combine(folder, name)))}");
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
        string[] unknown = [.. model.Parts.Where(part => part.Value.Bytes is null).Select(part => part.Key)];
        return unknown.Length == 0 ? $"{ModelsCommand.Size(known)}, " : $"{ModelsCommand.Size(known)} and the {string.Join(" and the ", unknown)}, ";
    }

    // What is unpacked does not count twice.
    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => !PackedFiles.IsUnpacked(file.FullName)).Sum(file => file.Length);
}
