using Ltx.Inference;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>Runs every case of a golden folder.</summary>
internal static class ParityRun
{
    /// <param name="goldens">folder with <c>model/</c> and <c>cases/</c></param>
    /// <param name="only">names of cases to run, or empty for all</param>
    public static ParityReport Run(string goldens, Device device, ScalarType type, IReadOnlyCollection<string> only, string? gemma3Tokenizer, TextWriter output)
    {
        ModelFolder model = ModelFolder.Open(Path.Combine(goldens, "model"));
        using Checkpoint checkpoint = Checkpoint.Open(model.Checkpoint);
        ParityContext context = new(model, checkpoint, device, type, gemma3Tokenizer);
        ParityReport report = new(context, output);
        List<IParityCase> known = [.. typeof(ParityRun).Assembly.GetTypes()
            .Where(candidate => candidate.IsClass && candidate.IsAssignableTo(typeof(IParityCase)))
            .Select(candidate => (IParityCase)Activator.CreateInstance(candidate)!)];
        string cases = Path.Combine(goldens, "cases");
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
            using var scope = NewDisposeScope();
            using GoldenCase golden = new(path);
            int before = report.Rows.Count;
            try
            {
                using (no_grad()) runner.Run(golden, context, report);
            }
            catch (Exception e) when (e is InferenceException or System.Runtime.InteropServices.ExternalException or ArgumentException or InvalidOperationException)
            {
                report.Fail(e.Message.Split('\n')[0]);
            }
            if (report.Rows.Count == before) report.Fail("nothing was compared");
        }
        return report;
    }
}
