using Ltx.Inference.Costs;
using Ltx.Inference.Transformer;
using Ltx.Training.Forward;

namespace Ltx.Training.Planning;

/// <summary>
/// What a step holds and computes beside the model's weights: RecomputedPass over the video stream by itself, StreamBlock with its gradients recorded.
/// A test holds it to what a step really allocates.
/// </summary>
/// <param name="config">the transformer's</param>
/// <param name="basis">what bytes are counted by</param>
/// <param name="tokens">of the clip and of its reference</param>
/// <param name="text">tokens of the caption</param>
/// <param name="learnsForward">whether the feed-forwards are among the LoRA's layers</param>
/// <param name="float8">whether the blocks' matrices are float8, and are brought into the model's type product by product</param>
internal sealed class TrainingCosts(TransformerConfig config, CostBasis basis, long tokens, long text, bool learnsForward, bool float8 = false)
{
    private const int Expansion = Ltx.Inference.Layers.FeedForward.Expansion;

    // Value, gradient, and AdamW's two means, all in float32.
    private const int Copies = 4;

    private double Row => (double)tokens * config.Video.Features * basis.Element;

    /// <summary>What goes into each block.</summary>
    public double Inputs => (config.Layers + 1) * Row;

    /// <summary>The most that one block holds: what it keeps for its gradients, and what comes and goes where they are widest, in the feed-forward.</summary>
    public double Block
    {
        get
        {
            double caption = (double)text * config.Video.ContextFeatures * basis.Element;
            // Self-attention keeps a scale a token, what goes into its projections, queries and keys before and after their turn, values, what came of
            // them, the same gated, and a gate a token; attention to the text the same without keys and values, whose rows are the caption's.
            double attention = 10 * Row + 7 * Row + 5 * caption;
            // A scale a token, what goes in, its width four times before the activation, and after it where the second product learns; a gate a token.
            double forward = (3 + Expansion + (learnsForward ? Expansion : 0)) * Row;
            // In front of all three stands what they are added to.
            double kept = attention + forward + 3 * Row;
            // While the widest gradient is made, there are it, what it is made of, and what it is added to.
            double passing = (2 * Expansion + 1) * Row;
            double matrix = (double)config.Video.Features * Expansion * config.Video.Features * basis.Element;
            return kept + passing + basis.Device.MatrixWorkspace + basis.Device.AttentionWorkspace + (float8 ? 4.5 * matrix : 0);
        }
    }

    /// <summary>The LoRA with its gradients and what the optimiser remembers.</summary>
    /// <param name="layers">inputs and outputs of the layers that are trained, in all blocks</param>
    public static double Learned(IEnumerable<(long In, long Out)> layers, int rank) => layers.Sum(layer => (double)rank * (layer.In + layer.Out)) * Copies * sizeof(float);

    /// <summary>Of the whole step: forwards, once more, and gradients of what goes through, but not of the weights; through attention two and a half times the forward's.</summary>
    public Operations Work
    {
        get
        {
            const double Passes = 3, AttentionPasses = 4.5;
            Operations once = new TransformerCosts(config, new TransformerPass(tokens, 0, text), basis).Operations;
            return new Operations(Passes * once.Products, 0, AttentionPasses * once.Attention);
        }
    }
}
