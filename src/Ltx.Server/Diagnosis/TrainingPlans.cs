using System.Globalization;
using Ltx.Inference.Costs;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Server.Media;
using Ltx.Training;
using Ltx.Training.Planning;
using TorchSharp;

namespace Ltx.Server.Diagnosis;

/// <summary>`ltx doctor --plan --train`: how a training fits on the usual cards, and on this machine's.</summary>
internal static class TrainingPlans
{
    // What a step reaches of what single products and attention do: what the forward does on the same card (benchmarks/LOG.md), whose passes over
    // memory between the products a training has three times over.
    private static readonly string[] Predicted = ["h100", "h200"];

    /// <summary>Plans for a model folder by its headers, or for a model that a preset describes.</summary>
    public static TrainingPlanner Planner(string model) => MemoryPlans.IsPreset(model)
        ? TrainingPlanner.For(ModelPreset.Read(MemoryPlans.PresetFile(model)), torch.ScalarType.BFloat16, DeviceType.CUDA)
        : TrainingPlanner.For(ModelLocator.Open(model), torch.ScalarType.BFloat16, DeviceType.CUDA);

    public static void Write(TrainingShape shape, TrainingPlanner planner, TextWriter output)
    {
        List<(string Card, bool Float8, TrainingPlan Plan)> plans =
            [.. MemoryPlans.Cards().SelectMany(card => new[] { false, true }.Select(float8 => (card.Name, float8, planner.Choose(shape, card.Available, float8))))];
        MemoryPlans.WriteRows(
            output, ["card", "blocks", "text encoder", "streamed", "pinned", "weights", "learned", "between blocks", "in a block", "slack", "peak", "free"],
            plans.Select(row => Row(row.Card, row.Float8, row.Plan)));
        output.WriteLine();
        TrainingPlan any = plans[0].Plan;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{shape.Size.Width}x{shape.Size.Height}, {shape.Size.Frames} frames, {TrainingKinds.NameOf(shape.Kind)}, rank {shape.Rank}: "
            + $"{any.Tokens} tokens, {any.Work.Total / 1e12:0} TFLOP a step; sizes in GB (10^9 bytes)."));
        foreach (string card in Predicted)
        {
            Ceiling ceiling = Ceiling.OfCard(card)!;
            string seconds = ceiling.Seconds(any.Work).ToString("0.0", CultureInfo.InvariantCulture);
            string least = $"{seconds} s of products and attention at least ({ceiling.Origin})";
            output.WriteLine($"At the ceilings of an {card.ToUpperInvariant()} a step is {least}.");
        }
        output.WriteLine("\"learned\" is the LoRA, its gradients and what the optimiser remembers; requests between two steps do without it.");
    }

    private static string[] Row(string card, bool float8, TrainingPlan plan)
    {
        string streamed = plan.Arrangement.StreamedBlocks == 0 ? "none" : $"{plan.Arrangement.StreamedBlocks} blocks";
        string free = plan.Fits ? MemoryPlans.Bytes(plan.Available - plan.Total) : "TOO LARGE";
        return
        [
            card, float8 ? "float8" : "bfloat16", plan.Arrangement.Text.ToString().ToLowerInvariant(), streamed, MemoryPlans.Bytes(plan.PinnedHost), MemoryPlans.Bytes(plan.Weights),
            MemoryPlans.Bytes(plan.Learned), MemoryPlans.Bytes(plan.Inputs), MemoryPlans.Bytes(plan.Block), MemoryPlans.Bytes(plan.Slack), MemoryPlans.Bytes(plan.Total), free,
        ];
    }
}
