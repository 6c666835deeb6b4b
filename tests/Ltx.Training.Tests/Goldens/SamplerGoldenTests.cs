using Ltx.Parity;
using Ltx.Training.Optimisation;
using Ltx.Training.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Goldens;

/// <summary>Noise levels of given numbers, and learning rates, against the reference's.</summary>
public sealed class SamplerGoldenTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData("out.t96", 96, SigmaDistribution.ShiftedLogitNormal)]
    [InlineData("out.t1024", 1024, SigmaDistribution.ShiftedLogitNormal)]
    [InlineData("out.t6120", 6120, SigmaDistribution.ShiftedLogitNormal)]
    [InlineData("out.uniform", 96, SigmaDistribution.Uniform)]
    public void Levels(string name, int tokens, SigmaDistribution distribution)
    {
        using GoldenCase golden = Case("sampler");
        Tensor Of(string tensor) => golden.Tensor(tensor);
        for (int i = 0; i < Of(name).shape[0]; i++)
        {
            float drawn = SigmaSampler.Draw(distribution, tokens, new Given(Of("in.draw.normal")[i].item<float>(), [Of("in.draw.uniform")[i].item<float>(), Of("in.draw.branch")[i].item<float>()]));
            Assert.Equal(Of(name)[i].item<float>(), drawn, 1e-6f);
        }
    }

    [Theory]
    [InlineData("constant", ScheduleKind.Constant)]
    [InlineData("linear", ScheduleKind.Linear)]
    [InlineData("cosine", ScheduleKind.Cosine)]
    [InlineData("cosine_with_restarts", ScheduleKind.CosineWithRestarts)]
    [InlineData("polynomial", ScheduleKind.Polynomial)]
    [InlineData("step", ScheduleKind.Step)]
    public void Rates(string name, ScheduleKind kind)
    {
        using GoldenCase golden = Case("schedules");
        double first = golden.Value<double>("learning_rate");
        int steps = golden.Value<int>("steps");
        LearningRate rate = new(kind, first, steps);
        Tensor rates = golden.Tensor("out." + name);
        // A training has no step behind its last.
        for (int i = 0; i < steps; i++) Assert.Equal(rates[i].item<double>(), rate.At(i), 1e-12 * first);
    }

    private static GoldenCase Case(string name) => new(Path.Combine(Repository.TrainingGoldens, "cases", name + ".safetensors"));

    private sealed class Given(double normal, double[] uniform) : IStepDraws
    {
        private int next;

        public double Normal() => normal;

        public double Uniform() => uniform[next++];

        public Tensor Noise(ReadOnlySpan<long> shape, Device device) => throw new NotSupportedException();
    }
}
