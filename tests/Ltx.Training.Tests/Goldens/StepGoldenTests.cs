using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Parity;
using Ltx.Training.Conditions;
using Ltx.Training.Forward;
using Ltx.Training.Optimisation;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Goldens;

/// <summary>Steps of the reference's own trainer on the golden model, number by number (tests/goldens-training/README.md).</summary>
public sealed class StepGoldenTests : IDisposable
{
    // What both sides round is up to three times what one of them does. One number may be near to float64's by luck: single losses are judged by what
    // the reference itself was seen to differ by between two processors.
    private const double Allowance = 3, LossBetweenProcessors = 2e-6, Numbers = 1e-6, Layers = 1e-4;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ModelParts parts = new();
    private readonly LtxTransformer model;

    public StepGoldenTests() => model = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.Float32);

    public static TheoryData<string> Names =>
    [
        "text", "first_frame", "spatial_crop", "mask", "all_keep", "batch_of_two", "reference", "reference_half", "reference_slow", "first_frame_reference", "reference_skipped", "mask_reference",
    ];

    public void Dispose()
    {
        model.Dispose();
        parts.Dispose();
        scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_the_model_is_given_is_what_the_reference_gives_it(string name)
    {
        using GoldenStep step = new(name);
        for (int i = 0; i < step.Batch; i++)
        {
            StepInput input = step.Build(i);
            Tensor Golden(string tensor) => step.Case.Tensor(tensor).narrow(0, i, 1);
            Near(Golden("out.sigma"), tensor(new[] { input.Sigma }), Numbers, "sigma");
            Near(Golden("out.noisy"), InFront(input, input.State.Latent), Numbers, "noisy");
            Near(Golden("out.timesteps"), InFront(input, input.State.DenoiseMask * input.Sigma).squeeze(-1), Numbers, "timesteps");
            Near(Golden("out.positions").transpose(1, 2), InFront(input, input.State.Positions.transpose(1, 2)), Numbers, "positions");
            Near(Golden("out.target"), input.Velocity, Numbers, "target");
            Assert.True(Golden("out.loss_mask").equal(InFront(input, input.State.DenoiseMask).squeeze(-1).ne(0)).all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Velocity_loss_and_every_gradient_are_the_reference_s(string name)
    {
        using GoldenStep step = new(name);
        Dictionary<string, double> recorded = step.Case.Value<Dictionary<string, double>>(CaseTolerance.Recorded);
        using LoraAdapters adapters = Adapters(step);
        RecomputedPass pass = new(model, adapters);
        for (int i = 0; i < step.Batch; i++)
        {
            double loss = Backward(step, i, adapters, pass, velocity => Near(step.Case.Tensor("out.velocity").narrow(0, i, 1), velocity, Layers, "velocity", recorded));
            double expected = step.Case.Tensor("out.loss")[i].item<float>();
            Assert.True(Math.Abs(loss - expected) <= Math.Max(Allowance * recorded.GetValueOrDefault("out.loss"), LossBetweenProcessors) * expected, $"loss {loss}, {expected} in the reference");
        }
        foreach (TrainedWeight weight in adapters.Weights)
        {
            Tensor golden = step.Case.Tensor("out.gradient." + weight.Name), gradient = weight.Values.grad!;
            if (recorded.TryGetValue("out.gradient." + weight.Name, out double error)) Near(golden, gradient, Allowance * error, weight.Name);
            // Where all is given, nothing is learned.
            else Assert.False(gradient.ne(0).any().item<bool>(), weight.Name);
        }
    }

    [Theory]
    [InlineData("mask")]
    [InlineData("reference")]
    public void Three_steps_of_the_optimiser_move_every_weight_as_the_reference_does(string name)
    {
        using GoldenStep step = new(name);
        using LoraAdapters adapters = Adapters(step);
        List<Tensor> before = [.. adapters.Weights.Select(weight => weight.Values.detach().clone())];
        var settings = step.Case.Value<System.Text.Json.JsonElement>("optimization");
        LearningRate rate = new(ScheduleKind.Linear, settings.GetProperty("learning_rate").GetDouble(), settings.GetProperty("steps").GetInt32());
        using Optimiser optimiser = new(adapters.Weights, new TrainingOptions { Kind = TrainingKind.Inpaint }.WeightDecay, settings.GetProperty("max_grad_norm").GetDouble());
        RecomputedPass pass = new(model, adapters);
        Tensor losses = step.Case.Tensor("out.losses"), norms = step.Case.Tensor("out.gradient_norms"), rates = step.Case.Tensor("out.learning_rates");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(losses[i].item<float>(), Backward(step, 0, adapters, pass), 1e-5 * losses[i].item<float>());
            Assert.Equal(rates[i].item<double>(), rate.At(i), 1e-12 * rates[i].item<double>());
            Assert.Equal(norms[i].item<float>(), optimiser.Step(rate.At(i)), 1e-4 * norms[i].item<float>());
        }
        Dictionary<string, double> recorded = step.Case.Value<Dictionary<string, double>>("float32_move_relative_error");
        foreach ((TrainedWeight weight, Tensor first) in adapters.Weights.Zip(before))
        {
            Tensor ours = weight.Values.detach() - first, theirs = step.Case.Tensor("out.after." + weight.Name) - first;
            double cosine = (ours * theirs).sum().item<float>() / (ours.norm() * theirs.norm()).item<float>();
            Assert.True(cosine >= 0.9999, $"{weight.Name}: cosine {cosine}");
            // The least is for those that move by the last bits of what they are.
            Near(theirs, ours, Math.Max(Allowance * recorded["out.after." + weight.Name], Layers), weight.Name);
        }
    }

    private double Backward(GoldenStep step, int index, LoraAdapters adapters, RecomputedPass pass, Action<Tensor>? look = null)
    {
        using var one = NewDisposeScope();
        // The noise level as the case has it to the last bit: the fastest of its sinusoids turns by a radian for a thousandth of it.
        StepInput input = step.Build(index) with { Sigma = step.Case.Tensor("out.sigma")[index].item<float>() };
        Tensor context = step.Case.Tensor("in.context").narrow(0, index, 1);
        using (adapters.Attach())
        {
            return pass.Backward(input.ToStream(model, context), null, velocities =>
            {
                look?.Invoke(velocities.Video.narrow(1, 0, input.State.TargetTokens).detach());
                return input.Loss(velocities.Video);
            }, 1.0 / step.Batch);
        }
    }

    private LoraAdapters Adapters(GoldenStep step)
    {
        LoraAdapters adapters = new(model, step.Modules, step.Rank, step.Alpha, seed: 0);
        using var noGradient = no_grad();
        foreach (TrainedWeight weight in adapters.Weights) weight.Values.copy_(step.Case.Tensor("in.lora." + weight.Name));
        return adapters;
    }

    // [1, T, ...], a reference's tokens in front of the target's, as the reference's trainer has them.
    private static Tensor InFront(StepInput input, Tensor tokens) =>
        cat([tokens.narrow(1, input.State.TargetTokens, tokens.shape[1] - input.State.TargetTokens), tokens.narrow(1, 0, input.State.TargetTokens)], 1);

    private static void Near(Tensor expected, Tensor actual, double tolerance, string what, Dictionary<string, double>? recorded = null)
    {
        Assert.Equal(expected.shape, actual.shape);
        double size = expected.norm().item<float>(), error = (actual - expected).norm().item<float>() / (size == 0 ? 1 : size);
        Assert.True(error <= tolerance, $"{what}: {error}, {tolerance} allowed");
    }
}
