using System.CommandLine;
using System.Text.Json;
using Ltx.Inference;
using Ltx.Inference.Native;
using Ltx.Parity;
using Ltx.Parity.Cards;
using TorchSharp;
using static TorchSharp.torch;

// Holds the project's numbers against the reference's, case by case: docs/design.md, section 6.
Option<string> goldens = new("--goldens") { Required = true, Description = "folder with model/ and cases/" };
Option<string> device = new("--device") { DefaultValueFactory = _ => "cpu", Description = "cpu or cuda[:n]" };
Option<string> dtype = new("--dtype") { DefaultValueFactory = _ => "float32", Description = "float32 or bfloat16" };
dtype.AcceptOnlyFromAmong("float32", "bfloat16");
Option<string?> only = new("--only") { Description = "names of cases, separated by commas" };
Option<string?> tokenizer = new("--gemma3-tokenizer") { Description = "the real tokenizer.json" };
Option<string?> json = new("--json") { Description = "write the rows to this file" };
RootCommand root = new("Compares this implementation with the reference's goldens.") { goldens, device, dtype, only, tokenizer, json };
root.SetAction(arguments =>
{
    try
    {
        return Compare(arguments);
    }
    catch (Exception e) when (e is InferenceException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
});
root.Subcommands.Add(DeviceChecks.Create());
return root.Parse(args).Invoke();

int Compare(ParseResult arguments)
{
    LibTorch.Load();
    ScalarType type = ComputeDevice.ParseType(arguments.GetValue(dtype)!);
    string[] names = arguments.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
    // Float32 means float32: no TF32 in the products.
    backends.cuda.matmul.allow_tf32 = false;
    backends.cudnn.allow_tf32 = false;
    ParityReport report = ParityRun.Run(arguments.GetValue(goldens)!, ComputeDevice.Parse(arguments.GetValue(device)!), type, names, arguments.GetValue(tokenizer), Console.Out);
    if (arguments.GetValue(json) is { } file) File.WriteAllText(file, JsonSerializer.Serialize(report.Rows.Select(row => new { row.Case, row.Tensor, Error = double.IsNaN(row.Error) ? (double?)null : row.Error, row.Tolerance, Verdict = row.VerdictText })));
    int failed = report.Rows.Count(row => row.Verdict == ParityVerdict.Failed);
    Console.WriteLine($"{report.Rows.Count} rows, {failed} failed");
    return report.Passed ? 0 : 1;
}
