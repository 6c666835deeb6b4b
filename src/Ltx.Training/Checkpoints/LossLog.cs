using System.Globalization;

namespace Ltx.Training.Checkpoints;

/// <summary>A table of all steps, as comma-separated text.</summary>
internal sealed class LossLog(string path)
{
    private const string Header = "step,loss,sigma,gradient_norm,learning_rate,seconds";

    private readonly List<string> pending = [];

    public string Path => path;

    public void Add(StepReport report)
    {
        pending.Add(string.Create(CultureInfo.InvariantCulture,
            $"{report.Step},{report.Loss:R},{report.Sigma:R},{report.GradientNorm:R},{report.LearningRate:R},{report.Time.TotalSeconds:F3}"));
        // Somebody may be looking on.
        const int AtOnce = 10;
        if (pending.Count >= AtOnce) Flush();
    }

    /// <summary>The loss of every step so far.</summary>
    public IReadOnlyList<double> Losses()
    {
        Flush();
        return [.. File.ReadLines(path).Skip(1).Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture))];
    }

    public void Flush()
    {
        if (pending.Count == 0) return;
        File.AppendAllLines(path, File.Exists(path) ? pending : [Header, .. pending]);
        pending.Clear();
    }

    /// <summary>Forgets the steps behind a state: they will be made once more. A line that a killed process left half written is one of them.</summary>
    public void CutBehind(int step)
    {
        if (!File.Exists(path)) return;
        string[] lines = File.ReadAllLines(path);
        string[] kept = [.. lines.Take(Math.Min(lines.Length, step + 1))];
        if (kept.Length < lines.Length || step == 0) File.WriteAllLines(path, kept.Length == 0 ? [Header] : kept);
    }
}
