using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Single steps of CFG++ between the levels of the official graph, with fresh noise and without.</summary>
internal sealed class CfgPpCase : IParityCase
{
    public bool Handles(string name) => name == "cfg_pp";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        Tensor sample = golden.Input("in.sample", context), clean = golden.Input("in.denoised", context), away = golden.Input("in.uncond", context), noise = golden.Input("in.noise", context);
        foreach ((string stage, double[] sigmas) in golden.Value<Dictionary<string, double[]>>("sigmas"))
        {
            for (int step = 0; step < sigmas.Length - 1; step++)
            {
                foreach (int eta in (int[])[0, 1])
                {
                    string name = $"out.{stage}.step{step}.eta{eta}";
                    Tensor moved = new EulerCfgPpSampler(eta, NoiseSeed: 0).ByTarget(sample, clean, away, (float)sigmas[step], (float)sigmas[step + 1], eta == 0 ? null : noise);
                    report.Compare(name, moved, golden.Tensor(name), CaseTolerance.Layers);
                }
            }
        }
    }
}
