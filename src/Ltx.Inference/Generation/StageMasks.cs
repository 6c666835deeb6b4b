using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>What of the request's mask the model is given, at both stages' sizes: widened, on the grid.</summary>
/// <param name="Full">[F, 1, H, W] 0 or 1</param>
/// <param name="Half">[F, 1, H/2, W/2] 0 or 1</param>
internal sealed record StageMasks(Tensor Full, Tensor Half)
{
    // A pixel of either size counts from here on. Source: ComfyUI-LTXVideo, vanish_nodes.py (aceeae9).
    private const float Threshold = 0.5f;

    /// <param name="mask">[F, 1, H, W] white or not, at the source's size</param>
    /// <param name="size">the size worked on</param>
    /// <param name="rule">the recipe's</param>
    public static StageMasks Of(Tensor mask, WorkingSize size, RecipeMask rule)
    {
        using var scope = NewDisposeScope();
        int pixels = rule.Grow.On(size.Height, size.Width);
        mask = mask.to(ScalarType.Float32);
        if (rule.Rule == MaskRule.FullSize)
        {
            Tensor white = (size.ToWorkingMask(mask, half: false) > 0).to(ScalarType.Float32), full = ClipTensors.Dilate(white, pixels);
            return new StageMasks(full.MoveToOuterDisposeScope(), ClipTensors.ShrinkMask(full, 2).MoveToOuterDisposeScope());
        }
        // Half, rounded up: at an odd length the smaller one must not lose what the larger one has.
        return new StageMasks(Widen(size.ToWorkingMask(mask, half: false), pixels).MoveToOuterDisposeScope(), Widen(size.ToWorkingMask(mask, half: true), (pixels + 1) / 2).MoveToOuterDisposeScope());
    }

    // share: how much of every pixel is white
    private static Tensor Widen(Tensor share, int pixels)
    {
        Tensor widened = empty_like(share);
        foreach ((long start, long count) in ClipTensors.Chunks(share))
        {
            using var scope = NewDisposeScope();
            Tensor some = share.narrow(0, start, count), wide = (ClipTensors.Dilate(some, pixels) > Threshold).to(ScalarType.Float32);
            // A stroke that is thinner than a pixel would be gone now, and what was marked must never be; it is widened like all others.
            Tensor lost = (some > 0).to(ScalarType.Float32) * (1 - wide);
            if (lost.any().item<bool>()) wide = maximum(wide, ClipTensors.Dilate(lost, pixels));
            widened.narrow(0, start, count).copy_(wide);
        }
        return widened;
    }
}
