using System.Text.Json;
using Ltx.Parity;
using Ltx.Training.Conditions;
using Ltx.Training.Sampling;
using Ltx.Training.Tests.Forward;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Goldens;

/// <summary>A case of tests/goldens-training: what goes into a step, clip by clip.</summary>
internal sealed class GoldenStep(string name) : IDisposable
{
    public GoldenCase Case { get; } = new(Path.Combine(Repository.TrainingGoldens, "cases", name + ".safetensors"));

    public int Batch => (int)Case.Tensor("in.latent").shape[0];

    public int Rank => Case.Value<int>("rank");

    public double Alpha => Case.Value<double>("alpha");

    public string[] Modules => Case.Value<string[]>("modules");

    /// <summary>Its conditions as ours.</summary>
    public GivenConditions Given
    {
        get
        {
            GivenConditions given = new(ReferenceDownscale: Factor("reference_downscale_factor"), ReferenceTemporalScale: Factor("reference_temporal_scale_factor"));
            foreach (JsonElement condition in Case.Value<JsonElement>("conditions").EnumerateArray())
            {
                double share = condition.GetProperty("probability").GetDouble();
                given = condition.GetProperty("type").GetString() switch
                {
                    "mask" => given with { Mask = share },
                    "first_frame" => given with { FirstFrame = share },
                    "reference" => given with { Reference = share },
                    "spatial_crop" => given with { Rectangle = Rectangle(condition.GetProperty("spatial_region")) },
                    var other => throw new InvalidOperationException($"There is no condition {other} here."),
                };
            }
            return given;
        }
    }

    public TrainingSample Sample(int index)
    {
        Tensor? Of(string name) => Case.Has(name) ? Case.Tensor(name).narrow(0, index, 1) : null;
        Tensor? reference = Of("in.reference");
        return new TrainingSample(
            Of("in.latent")!, Case.Value<double>("fps"), Of("in.context")!, Of("in.keep"),
            reference is null ? null : new ReferenceLatent(reference, Case.Value<double>("reference_fps")));
    }

    /// <summary>Random numbers as the case has them.</summary>
    public IStepDraws Draws(int index) => new Recorded(this, index);

    public StepInput Build(int index)
    {
        using TrainingSample sample = Sample(index);
        return new StepBuilder(Given, SigmaDistribution.ShiftedLogitNormal, TrainingClip.Scale).Build(sample, Draws(index));
    }

    public void Dispose() => Case.Dispose();

    private int Factor(string key) => Case.HasValue(key) ? Case.Value<int>(key) : 1;

    // y1, x1, y2, x2
    private static KeptRectangle Rectangle(JsonElement region)
    {
        int[] edges = [.. region.EnumerateArray().Select(edge => edge.GetInt32())];
        return new KeptRectangle(edges[1], edges[0], edges[3], edges[2]);
    }

    // In the order in which the reference's trainer takes them: whoever takes them in another one gets others.
    private sealed class Recorded : IStepDraws
    {
        private readonly GoldenStep step;
        private readonly int index;
        private readonly Queue<string> names;

        public Recorded(GoldenStep step, int index)
        {
            (this.step, this.index) = (step, index);
            names = new Queue<string>(step.Case.Value<string[][]>("draws").Select(draw => draw[1]));
        }

        public double Normal() => Next();

        public double Uniform() => Next();

        public Tensor Noise(ReadOnlySpan<long> shape, Device device)
        {
            Tensor noise = step.Case.Tensor(names.Dequeue()).narrow(0, index, 1);
            Assert.Equal(shape.ToArray(), noise.shape);
            return noise.clone();
        }

        private double Next()
        {
            using var scope = NewDisposeScope();
            // The reference's is one for the whole batch.
            Tensor drawn = step.Case.Tensor(names.Dequeue()).reshape(-1);
            return drawn[drawn.shape[0] == 1 ? 0 : index].item<float>();
        }
    }
}
