using System.CommandLine;
using System.Globalization;
using Ltx.Inference.Forms;
using Ltx.Inference.Weights;
using Ltx.Server.Media;

namespace Ltx.Server.Commands;

/// <summary>`ltx models inspect`: what is in a weights file.</summary>
internal sealed class ModelsInspectCommand
{
    // Licence texts and configs are longer than a screen.
    private const int LongestValue = 200;

    private readonly Argument<string> file = new("file") { Description = "a safetensors file, or the .safetensors.index.json of several" };
    private readonly Option<bool> all = new("--all") { Description = "every tensor on a line of its own, and metadata in full" };
    private readonly Option<string> model = new("--model") { Description = "of a LoRA: the model whose layers it is held against", DefaultValueFactory = _ => ModelLocator.Default };

    public static Command Create()
    {
        ModelsInspectCommand definition = new();
        Command command = new("inspect", "Shows metadata, components and tensors of a weights file; of a LoRA also what it would change.") { definition.file, definition.all, definition.model };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => Task.FromResult(definition.Run(arguments)), cancellation));
        return command;
    }

    private int Run(ParseResult arguments)
    {
        FileInspection found = FileInspection.Of(arguments.GetValue(file)!);
        bool everything = arguments.GetValue(all);
        Console.WriteLine($"{found.Path}: {found.Kind}, {ModelsCommand.Size(found.Bytes)}");
        foreach ((string key, string value) in found.Metadata) Console.WriteLine($"  {key}: {(everything || value.Length <= LongestValue ? value : $"{value[..LongestValue]}... ({value.Length} characters)")}");
        Console.WriteLine();
        Write(["component", "tensors", "parameters", "size", "types"], found.Components.Select(component => new[]
        {
            component.Name, Number(component.Tensors), Number(component.Parameters), ModelsCommand.Size(component.Bytes),
            string.Join(", ", component.Types.Select(type => component.Types.Count == 1 ? type.Type : $"{type.Type} ({type.Count})")),
        }));
        Console.WriteLine();
        IReadOnlyList<TensorGroup> tensors = everything ? FileInspection.Tensors(found.Path) : found.Groups;
        Write(["tensor", "type", "shape", "count", "size"], tensors.Select(tensor => new[]
        {
            tensor.Name, tensor.Type, $"[{string.Join(", ", tensor.Shape)}]", Number(tensor.Count), ModelsCommand.Size(tensor.Bytes),
        }));
        if (found.IsLora) Lora(found.Path, arguments.GetValue(model)!);
        return 0;
    }

    private static void Lora(string path, string model)
    {
        ModelFolder folder = ModelLocator.Open(model);
        LoraInspection lora = LoraInspection.Of(path, ModelCheck.CheckpointTensors(folder));
        Console.WriteLine();
        Console.WriteLine(lora.Summary);
        Console.WriteLine(lora.Format);
        if (lora.Strength is { } strength) Console.WriteLine(strength);
        Console.WriteLine(lora.ReferenceDownscale is { } downscale ? $"made for a reference, downscaled by {downscale}" : "says nothing about a reference");
        Console.WriteLine($"of the model {folder.Path}: {lora.Matched} of {lora.Modules} modules match a layer{(lora.Unmatched.Count == 0 ? "" : $"; the first that does not is \"{lora.Unmatched[0]}\"")}");
        if (lora.Misshapen is { } misshapen) Console.WriteLine($"it cannot be merged into that model: {misshapen}");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    // Columns as wide as their widest cell; numbers are what they are.
    private static void Write(string[] titles, IEnumerable<string[]> rows)
    {
        List<string[]> table = [titles, .. rows];
        int[] widths = [.. titles.Select((_, column) => table.Max(row => row[column].Length))];
        foreach (string[] row in table) Console.WriteLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))));
    }
}
