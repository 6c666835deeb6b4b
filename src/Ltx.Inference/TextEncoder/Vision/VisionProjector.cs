using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>
/// From the tower to the language model: neighbouring patches are averaged, normalised as Gemma does it, and brought to its width
/// (Gemma3MultiModalProjector of huggingface/transformers).
/// </summary>
internal sealed class VisionProjector(WeightScope scope, VisionConfig config)
{
    // [in, out]: the file has it as it is multiplied from the right, not as linear layers have theirs.
    private readonly Tensor projection = scope.Tensor("mm_input_projection_weight", TensorRole.Weight, config.HiddenSize, config.TextSize);

    private readonly GemmaNorm norm = new(scope["mm_soft_emb_norm"], config.HiddenSize, config.Epsilon);

    /// <param name="states">[B, P, D]</param>
    /// <returns>[B, tokens, hidden size of the language model]</returns>
    public Tensor Forward(Tensor states)
    {
        using var scope = NewDisposeScope();
        int side = config.PatchesPerSide, window = side / config.TokensPerSide;
        // [B, P, D] -> [B, D, side, side] -> [B, D, n, n] -> [B, tokens, D]
        Tensor grid = states.transpose(1, 2).reshape(states.shape[0], config.HiddenSize, side, side);
        Tensor pooled = nn.functional.avg_pool2d(grid, [window, window], [window, window]).flatten(2).transpose(1, 2);
        return nn.functional.linear(norm.Forward(pooled), projection.t()).MoveToOuterDisposeScope();
    }
}
