using Ltx.Inference.Recipes;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Noise levels and step weights.</summary>
internal sealed class ScheduleCase : IParityCase
{
    public bool Handles(string name) => name == "schedule";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        foreach (string name in golden.Names("out.t"))
        {
            // out.t<tokens>.s<steps>
            string[] parts = name.Split('.');
            int tokens = int.Parse(parts[1][1..]), steps = int.Parse(parts[2][1..]);
            report.Compare(name, tensor(SigmaSchedule.Ltx2(steps, tokens).ToArray()), golden.Tensor(name), CaseTolerance.Numbers);
        }
        float[] coefficients = [.. golden.Value<double[]>("h").Select(Res2sCoefficients.For).SelectMany(c => new[] { (float)c.Middle, (float)c.First, (float)c.Second })];
        report.Compare("out.res2s", tensor(coefficients).view(-1, 3), golden.Tensor("out.res2s"), CaseTolerance.Numbers);
        report.Compare("out.distilled", tensor(RecipeBook.Open("official-inpaint-2.3").Stage1.Schedule.Sigmas!.ToArray()), golden.Tensor("out.distilled"), CaseTolerance.Numbers);
        report.Compare("out.stage2", tensor(RecipeBook.Open("hq").Stage2.Schedule.Sigmas!.ToArray()), golden.Tensor("out.stage2"), CaseTolerance.Numbers);
    }
}
