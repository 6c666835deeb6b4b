using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Training.Sampling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ltx.Training.Forward;

/// <summary>
/// A LoRA while it is trained: two matrices beside each layer, in float32 whatever the model computes in. A begins evenly distributed between plus and
/// minus 1 / sqrt(in), B with zeros, so that the model begins as it is. Source: PEFT's LoRA layer with its default initialisation.
/// </summary>
internal sealed class LoraAdapters : ITrainedWeights
{
    // Source: ltx_trainer/trainer.py, _save_checkpoint (400fd31).
    private const string Prefix = "diffusion_model.";

    private readonly List<LinearSlot> slots = [];
    private readonly List<TrainedWeight> weights = [];
    private readonly double scale;

    /// <param name="model">must outlive this; its layers compute with the LoRA while it is attached</param>
    /// <param name="targets">names of the layers</param>
    /// <param name="rank">of the matrices</param>
    /// <param name="alpha">the LoRA's strength is alpha / rank</param>
    /// <param name="seed">of the first values</param>
    public LoraAdapters(LtxTransformer model, IEnumerable<string> targets, int rank, double alpha, long seed)
    {
        scale = alpha / rank;
        foreach ((int place, string name) in targets.Order(StringComparer.Ordinal).Index())
        {
            LinearSlot slot = model.Linears[name];
            slots.Add(slot);
            using StepDraws draws = new(seed, DrawPurpose.Adapters, place);
            double bound = 1 / Math.Sqrt(slot.InFeatures);
            Add($"{name}.lora_A.weight", draws.Even([rank, slot.InFeatures], -bound, bound), model.Device);
            Add($"{name}.lora_B.weight", zeros(slot.OutFeatures, rank), model.Device);
        }
    }

    public IReadOnlyList<TrainedWeight> Weights => weights;

    public bool ReachEnds => false;

    public IDisposable Attach()
    {
        foreach ((int i, LinearSlot slot) in slots.Index()) slot.Side = new LowRankSide(weights[2 * i].Values, weights[2 * i + 1].Values, scale);
        return new Attachment(this);
    }

    /// <summary>In bfloat16, by the names of the reference's trainer. Readers take alpha to be the rank, so what alpha is besides goes into B.</summary>
    public void Save(string path, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        TensorFile.Write(path, weights.Select((weight, i) => KeyValuePair.Create(
            Prefix + weight.Name, (i % 2 == 0 ? weight.Values : weight.Values * scale).to(ScalarType.BFloat16))), metadata);
    }

    public void Dispose()
    {
        Detach();
        foreach (TrainedWeight weight in weights) weight.Values.Dispose();
        weights.Clear();
    }

    private void Add(string name, Tensor values, Device device)
    {
        using (values)
        {
            weights.Add(new TrainedWeight(name, (Parameter)new Parameter(values.to(device, copy: true)).DetachFromDisposeScope()));
        }
    }

    private void Detach()
    {
        foreach (LinearSlot slot in slots) slot.Side = null;
    }

    private sealed class Attachment(LoraAdapters adapters) : IDisposable
    {
        public void Dispose() => adapters.Detach();
    }
}
