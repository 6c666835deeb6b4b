using System.CommandLine;
using Ltx.Inference.Forms;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Models;

namespace Ltx.Server.Commands;

/// <summary>`ltx models verify`: whether a model folder is whole and what its configs say.</summary>
internal sealed class ModelsVerifyCommand
{
    private readonly Argument<string> model = new("model") { Description = "model folder, or the name of one under models/", DefaultValueFactory = _ => ModelLocator.Default };
    private readonly Option<bool> quick = new("--quick") { Description = "headers, tensor lists and configs only; hashes take reading every byte" };

    public static Command Create()
    {
        ModelsVerifyCommand definition = new();
        Command command = new("verify", "Checks a model folder: every header, tensor list and config, and the hashes of what was pulled.") { definition.model, definition.quick };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        ModelFolder folder = ModelLocator.Open(arguments.GetValue(model)!);
        int faults = 0;
        foreach (PartReport part in ModelCheck.Examine(folder))
        {
            Console.WriteLine($"{(part.Faults.Count == 0 ? "ok   " : "WRONG")}  {part.Part,-15}  {Path.GetFileName(part.Path)}{(part.Facts.Length > 0 ? $": {part.Facts}" : "")}");
            foreach (string fault in part.Faults) Console.WriteLine($"{"",24}{fault}");
            faults += part.Faults.Count;
        }
        if (!arguments.GetValue(quick)) faults += await HashesAsync(folder, cancellation);
        if (faults == 0) return 0;
        throw CommandFailure.Wrong(faults == 1 ? $"{folder.Path} has a fault." : $"{folder.Path} has {faults} faults.");
    }

    private static async Task<int> HashesAsync(ModelFolder folder, CancellationToken cancellation)
    {
        if (ModelLock.Read(folder.Path) is not { } locked)
        {
            Console.WriteLine($"-      hashes           not known: {ModelLock.FileName} is written by `ltx models pull`");
            return 0;
        }
        IReadOnlyList<string> faults = await ByteProgress.ShowAsync(tell => LockCheck.FaultsAsync(folder.Path, locked, tell, cancellation));
        Console.WriteLine($"{(faults.Count == 0 ? "ok   " : "WRONG")}  hashes           {locked.Files.Count} files of {string.Join(", ", locked.Repositories.Keys)}");
        foreach (string fault in faults) Console.WriteLine($"{"",24}{fault}");
        return faults.Count;
    }
}
