using Ltx.Inference;
using Ltx.Inference.Weights;
using Ltx.Parity.Cases;
using Ltx.Parity.Goldens;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>Runs every case of a golden folder.</summary>
internal static class ParityRun
{
    /// <param name="goldens">folder with <c>model/</c> and <c>cases/</c></param>
    /// <param name="only">names of cases to run, or empty for all</param>
    public static ParityReport Run(string goldens, Device device, ScalarType type, IReadOnlyCollection<string> only, string? gemma3Tokenizer, TextWriter output)
    {
        GoldenFiles.Prepare(goldens);
        ModelFolder model = ModelFolder.Open(Path.Combine(goldens, "model"));
        using Checkpoint checkpoint = Checkpoint.Open(model.Checkpoint);
        ParityContext context = new(model, checkpoint, device, type, gemma3Tokenizer);
        ParityReport report = new(output);
        List<IParityCase> known = [.. typeof(ParityRun).Assembly.GetTypes()
            .Where(candidate => candidate.IsClass && candidate.IsAssignableTo(typeof(IParityCase)))
            .Select(candidate => (IParityCase)Activator.CreateInstance(candidate)!)];
        string cases = Path.Combine(goldens, "cases");
        RunRealTokenizer(Path.Combine(cases, Gemma3TokenizerCase.FileName), only, context, report);
        foreach (string path in Directory.EnumerateFiles(cases, "*.safetensors").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (only.Count > 0 && !only.Contains(name)) continue;
            report.Begin(name);
            if (known.Find(candidate => candidate.Handles(name)) is not { } runner)
            {
                report.Fail("no code computes this case");
                continue;
            }
            RunCase(path, runner, context, report);
        }
        return report;
    }

    private static void RunCase(string path, IParityCase runner, ParityContext context, ParityReport report)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using GoldenCase golden = new(path);
        using ParityReport wide = new(TextWriter.Null);
        try
        {
            runner.Run(golden, context, report);
            IReadOnlyDictionary<string, Tensor> InFloat64()
            {
                runner.Run(golden, context with { Type = ScalarType.Float64 }, wide);
                return wide.Comparisons.ToDictionary(comparison => comparison.Name, comparison => comparison.Actual);
            }

            report.End(new CaseTolerance(golden, context, InFloat64).Of);
        }
        // A case that lacks what it should hold, or holds what cannot be read, fails by itself; the others are run all the same.
        catch (Exception e) when (e is InferenceException or System.Runtime.InteropServices.ExternalException or ArgumentException or InvalidOperationException or KeyNotFoundException or System.Text.Json.JsonException or FormatException)
        {
            report.Fail(e.Message.Split('\n')[0]);
            report.Dispose();
        }
    }

    // The one case that is not a safetensors file, and that needs a file which the repository does not carry.
    private static void RunRealTokenizer(string path, IReadOnlyCollection<string> only, ParityContext context, ParityReport report)
    {
        if (!File.Exists(path) || (only.Count > 0 && !only.Contains(Gemma3TokenizerCase.FileName) && !only.Contains(Path.GetFileNameWithoutExtension(path)))) return;
        report.Begin(Gemma3TokenizerCase.FileName);
        if (context.Gemma3Tokenizer is not { } tokenizer)
        {
            report.Skip("needs --gemma3-tokenizer");
            return;
        }
        try
        {
            Gemma3TokenizerCase.Run(path, tokenizer, report);
            report.End(comparison => comparison.Rule);
        }
        catch (InferenceException e)
        {
            report.Fail(e.Message);
        }
    }
}
