using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Costs;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Transformer;
using Ltx.Inference.Transformer.Streaming;
using Ltx.Inference.Weights;
using Ltx.Training.Forward;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Planning;

/// <summary>
/// Decides how a training fits on a card. What is given up, in this order, each only where what comes before it is not enough: the text encoder's place,
/// which nobody needs once the captions are read; then blocks of the transformer, as few as possible, which come from pinned host memory twice a step.
/// </summary>
public sealed class TrainingPlanner
{
    // Of activations, as for requests (MemoryPlanner).
    private const double SlackShare = 1.0 / 16;

    // What the connectors give of a prompt, whatever its length: the tokenizer's.
    private const int CaptionTokens = 1024;

    private readonly ModelFacts model;
    private readonly MemoryPlanner planner;
    private readonly CostBasis basis;

    private TrainingPlanner(ModelFacts model, ScalarType type, DeviceType device)
    {
        (this.model, planner) = (model, new MemoryPlanner(model, type, device));
        basis = new CostBasis(ElementBytes.Of(type), device == DeviceType.CUDA ? DeviceMemoryTraits.Cuda : DeviceMemoryTraits.Cpu);
    }

    /// <summary>Plans for a model folder, of which it reads the headers.</summary>
    /// <exception cref="WeightsException">A file is missing, not sound, or of another architecture.</exception>
    public static TrainingPlanner For(ModelFolder folder, ScalarType type, DeviceType device) => new(ModelFacts.Read(folder), type, device);

    /// <summary>Plans for a model that is only described: no file is needed.</summary>
    public static TrainingPlanner For(ModelPreset preset, ScalarType type, DeviceType device) => new(ModelFacts.Of(preset), type, device);

    /// <summary>The fastest plan that fits; where none does, the smallest, with <see cref="TrainingPlan.Fits"/> false.</summary>
    /// <param name="shape">what is trained</param>
    /// <param name="available">bytes of the card, weights included</param>
    /// <param name="float8">whether the blocks' matrices are float8</param>
    public TrainingPlan Choose(TrainingShape shape, long available, bool float8)
    {
        MemoryArrangement resident = MemoryArrangement.Resident with { Float8 = float8 }, alone = resident with { Text = TextResidency.Visits };
        IEnumerable<MemoryArrangement> streamed = Enumerable.Range(BlockStream.SlotCount + 1, Math.Max(0, model.Blocks.Count - BlockStream.SlotCount))
            .Select(blocks => alone with { Text = TextResidency.Streams, StreamedBlocks = blocks });
        TrainingPlan? plan = null;
        foreach (MemoryArrangement arrangement in streamed.Prepend(alone).Prepend(resident))
        {
            plan = Plan(shape, available, arrangement);
            if (plan.Fits) break;
        }
        return plan!;
    }

    /// <summary>The plan for a device's memory, which has to fit.</summary>
    /// <exception cref="InferenceException">It does not, whatever is given up; the sentence has the numbers.</exception>
    public TrainingPlan Require(TrainingShape shape, long available, bool float8)
    {
        TrainingPlan plan = Choose(shape, available, float8);
        if (plan.Fits) return plan;
        static string Gigabytes(long bytes) => (bytes / 1e9).ToString("0.0", CultureInfo.InvariantCulture);
        string size = $"{shape.Size.Width}x{shape.Size.Height}, {shape.Size.Frames} frames";
        string work = Gigabytes(plan.Inputs + plan.Block + plan.Slack);
        throw new InferenceException(
            Fault.Input,
            $"Training with {size} does not fit on this device: a step would need {Gigabytes(plan.Total)} GB ({Gigabytes(plan.Weights)} for weights, "
            + $"{Gigabytes(plan.Learned)} for what is learned, {work} for work) even with everything else moved out of the way, and "
            + $"{Gigabytes(available)} GB are there. Train with fewer frames or a smaller size.");
    }

    private TrainingPlan Plan(TrainingShape shape, long available, MemoryArrangement arrangement)
    {
        TransformerConfig config = model.Transformer;
        int tokens = shape.Tokens(model.Vae.Scale);
        List<(long In, long Out)> layers = Layers(shape.Kind, config);
        TrainingCosts costs = new(config, basis, tokens, CaptionTokens, LoraTargets.LearnsForward(shape.Kind), arrangement.Float8);
        long slack = (long)((costs.Inputs + costs.Block) * SlackShare);
        return new TrainingPlan(
            available, arrangement, planner.WeightsOnCard(arrangement), (long)TrainingCosts.Learned(layers, shape.Rank), (long)costs.Inputs, (long)costs.Block, slack,
            planner.PinnedHost(arrangement), tokens, costs.Work);
    }

    // Four layers of each attention, those to the text from its width; and both of the feed-forward where a reference is learned.
    private static List<(long In, long Out)> Layers(TrainingKind kind, TransformerConfig config)
    {
        (long width, long text, long wide) = (config.Video.Features, config.Video.ContextFeatures, Inference.Layers.FeedForward.Expansion * (long)config.Video.Features);
        List<(long, long)> block = [(width, width), (width, width), (width, width), (width, width), (width, width), (text, width), (text, width), (width, width)];
        if (LoraTargets.LearnsForward(kind)) block.AddRange([(width, wide), (wide, width)]);
        return [.. Enumerable.Repeat(block, config.Layers).SelectMany(layers => layers)];
    }
}
