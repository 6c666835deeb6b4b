using System.Globalization;
using System.Text.Json;
using Ltx.Inference;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Training.Forward;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ltx.Training.Checkpoints;

/// <summary>
/// What a training goes on from: weights, what the optimiser remembers of them, and the number of steps. Random numbers follow from the seed and the
/// step (<see cref="Sampling.StepDraws"/>), so no generator's state is among it. Written whole or not at all.
/// </summary>
internal static class TrainingState
{
    private const string Values = "values.", Mean = "mean.", Square = "square.";
    private const string StepKey = "step", FingerprintKey = "fingerprint", ThreadsKey = "threads", LibTorchKey = "libtorch";

    public static void Write(string path, TrainingFingerprint fingerprint, int step, IReadOnlyList<TrainedWeight> weights, IReadOnlyList<AdamW.State> memory)
    {
        LibTorchFacts facts = LibTorchFacts.Read();
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            [StepKey] = step.ToString(CultureInfo.InvariantCulture),
            [FingerprintKey] = fingerprint.ToJson(),
            // With another number of threads, or another libtorch, sums are added up in another order.
            [ThreadsKey] = facts.Threads.ToString(CultureInfo.InvariantCulture),
            [LibTorchKey] = facts.Version,
        };
        TensorFile.Write(path, Named(weights, memory), metadata);
    }

    /// <summary>Gives weights and optimiser what a state has of them.</summary>
    /// <returns>the steps that were done; null where there is no state</returns>
    /// <exception cref="TrainingException">It is another training's, or not readable.</exception>
    public static int? Restore(string path, TrainingFingerprint fingerprint, IReadOnlyList<TrainedWeight> weights, IReadOnlyList<AdamW.State> memory)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            if (fingerprint.Difference(TrainingFingerprint.FromJson(file.Metadata[FingerprintKey])) is { } difference)
            {
                throw new TrainingException(Fault.Input, $"{path} is the state of another training: {difference}. Choose another folder, or delete it to begin anew.");
            }
            int step = int.Parse(file.Metadata[StepKey], CultureInfo.InvariantCulture);
            using var noGradient = no_grad();
            foreach ((string name, Tensor tensor) in Named(weights, memory))
            {
                using Tensor kept = file.View(file.Tensors[name]);
                tensor.copy_(kept);
            }
            foreach (AdamW.State state in memory) state.step = step;
            return step;
        }
        catch (Exception e) when (e is WeightsException or KeyNotFoundException or FormatException or JsonException)
        {
            throw new TrainingException(Fault.Input, $"{path} is not the state of a training, or is damaged: delete it to begin anew.", e);
        }
    }

    /// <summary>Under what circumstances a state is gone on from bit for bit, and whether these are other ones; null where they are the same.</summary>
    public static string? OtherMachine(string path)
    {
        if (!File.Exists(path)) return null;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        LibTorchFacts facts = LibTorchFacts.Read();
        (string? threads, string? version) = (file.Metadata.GetValueOrDefault(ThreadsKey), file.Metadata.GetValueOrDefault(LibTorchKey));
        return threads == facts.Threads.ToString(CultureInfo.InvariantCulture) && version == facts.Version
            ? null
            : $"The training began with {threads} threads and libtorch {version}; it goes on with {facts.Threads} and {facts.Version}, equal but for the last bits.";
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Named(IReadOnlyList<TrainedWeight> weights, IReadOnlyList<AdamW.State> memory)
    {
        foreach ((TrainedWeight weight, AdamW.State state) in weights.Zip(memory))
        {
            yield return KeyValuePair.Create(Values + weight.Name, (Tensor)weight.Values);
            yield return KeyValuePair.Create(Mean + weight.Name, state.exp_avg);
            yield return KeyValuePair.Create(Square + weight.Name, state.exp_avg_sq);
        }
    }
}
