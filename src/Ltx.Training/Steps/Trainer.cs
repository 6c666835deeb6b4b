using System.Diagnostics;
using Ltx.Inference;
using Ltx.Training.Checkpoints;
using Ltx.Training.Conditions;
using Ltx.Training.Forward;
using Ltx.Training.Optimisation;
using Ltx.Training.Sampling;
using static TorchSharp.torch;

namespace Ltx.Training.Steps;

/// <summary>
/// Trains step by step, so that whoever owns the model can do something else with it between two of them. Everything a step depends on is in the
/// options, the clips, the weights and the step's number: from a state that was kept, a training goes on bit for bit as if it had never stopped.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly TrainedModel model;
    private readonly ISampleSource samples;
    private readonly TrainingOptions options;
    private readonly TrainingFolder folder;
    private readonly TrainingFingerprint fingerprint;
    private readonly ITrainedWeights trained;
    private readonly Optimiser optimiser;
    private readonly LearningRate rate;
    private readonly StepBuilder builder;
    private readonly RecomputedPass pass;

    /// <summary>Begins, or goes on from the state that the folder holds.</summary>
    /// <param name="model">must outlive this</param>
    /// <param name="samples">what is trained with; at least one</param>
    /// <param name="folder">where it leaves what it makes</param>
    /// <param name="identity">of the model and the clips</param>
    /// <exception cref="TrainingException">The folder holds the state of another training.</exception>
    public Trainer(TrainedModel model, ISampleSource samples, TrainingOptions options, TrainingFolder folder, TrainingIdentity identity)
    {
        (this.model, this.samples, this.options, this.folder) = (model, samples, options, folder);
        fingerprint = TrainingFingerprint.Of(options, identity);
        trained = options.Full
            ? new AllWeights(model.Transformer)
            : new LoraAdapters(model.Transformer, LoraTargets.Of(options.Kind, model.Transformer.Linears.Keys), options.Rank, options.Alpha ?? options.Rank, options.Seed);
        try
        {
            optimiser = new Optimiser(trained.Weights, options.WeightDecay, options.LargestGradientNorm);
            rate = new LearningRate(options.Schedule, options.LearningRate, options.Steps);
            builder = new StepBuilder(GivenConditions.Of(options), options.Sigmas, model.Scale);
            pass = new RecomputedPass(model.Transformer, trained);
            Done = TrainingState.Restore(folder.State, fingerprint, trained.Weights, optimiser.Memory) ?? 0;
            ResumedFrom = Kept = Done;
            folder.Log.CutBehind(Done);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Steps that are done.</summary>
    public int Done { get; private set; }

    /// <summary>Steps that were done when this began.</summary>
    public int ResumedFrom { get; }

    /// <summary>Steps that a training would go on behind which is killed now.</summary>
    public int Kept { get; private set; }

    public bool IsComplete => Done >= options.Steps;

    /// <summary>One step: clips, noise, loss, gradients, and the weights a little nearer.</summary>
    /// <exception cref="TrainingException">The loss is not a number any more.</exception>
    public StepReport Next()
    {
        Stopwatch watch = Stopwatch.StartNew();
        model.BeforeStep?.Invoke();
        (double loss, double sigma) = (0, 0);
        using (trained.Attach())
        {
            for (int place = 0; place < options.Batch; place++)
            {
                using var scope = NewDisposeScope();
                using TrainingSample sample = samples.Read(Clip(Done * options.Batch + place));
                using StepDraws draws = new(options.Seed, DrawPurpose.Step, Done, place);
                StepInput input = builder.Build(sample, draws);
                loss += pass.Backward(input.ToStream(model.Transformer, sample.Context), null, velocities => input.Loss(velocities.Video), 1.0 / options.Batch) / options.Batch;
                sigma += input.Sigma / options.Batch;
            }
        }
        if (!double.IsFinite(loss))
        {
            string why = "the clips or the model hold numbers that are not finite, or the learning rate is too high";
            throw new TrainingException(Fault.Input, $"In step {Done + 1} the loss is {loss}: {why}.");
        }
        double learningRate = rate.At(Done), norm = optimiser.Step(learningRate);
        Done++;
        StepReport report = new(Done, loss, sigma, norm, learningRate, watch.Elapsed);
        folder.Log.Add(report);
        if (Done % options.CheckpointEvery == 0 || IsComplete) Keep();
        return report;
    }

    /// <summary>Keeps the state of now, and what was learned so far as a file.</summary>
    public void Keep()
    {
        folder.Log.Flush();
        trained.Save(folder.Learned(Done, options.Steps), FileMetadata.Of(options, fingerprint, Done));
        TrainingState.Write(folder.State, fingerprint, Done, trained.Weights, optimiser.Memory);
        Kept = Done;
    }

    public void Dispose()
    {
        optimiser?.Dispose();
        trained.Dispose();
    }

    // Every clip once a round, in an order of the round's own.
    private int Clip(long number)
    {
        (long round, long place) = (number / samples.Count, number % samples.Count);
        using StepDraws draws = new(options.Seed, DrawPurpose.Order, round);
        return (int)draws.Order(samples.Count)[place];
    }
}
