using Ltx.Inference.Latents;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Training.Conditions;
using Ltx.Training.Sampling;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Forward;

/// <summary>A clip of random numbers for the golden model: a few cells, with a mask and a reference.</summary>
internal sealed class TrainingClip : IDisposable
{
    public static readonly VideoScale Scale = new(8, 32, 32);

    public TrainingClip(TransformerConfig config, ScalarType type = ScalarType.Float32, ulong seed = 3)
    {
        long channels = config.Video.InChannels;
        using Tensor keep = Seeded.Uniform(seed + 1, [1, 2, 3, 2]);
        Sample = new TrainingSample(
            Seeded.Normal(seed, [1, channels, 2, 3, 2]).to(type), 24, Seeded.Normal(seed + 2, [1, 6, config.Video.ContextFeatures]).to(type), keep > 0.4f,
            new ReferenceLatent(Seeded.Normal(seed + 3, [1, channels, 2, 3, 2]).to(type), 24));
    }

    public TrainingSample Sample { get; }

    /// <summary>What a step makes of it.</summary>
    public StepInput Step(GivenConditions? given = null, long seed = 1)
    {
        using StepDraws draws = new(seed, DrawPurpose.Step, 0);
        return new StepBuilder(given ?? new GivenConditions(Mask: 1, Reference: 1), SigmaDistribution.ShiftedLogitNormal, Scale).Build(Sample, draws);
    }

    public void Dispose() => Sample.Dispose();
}
