using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>Frames and masks on their way to the size that is worked on, and back.</summary>
internal static class WorkingFrames
{
    /// <summary>Frames of the source at the working size, on the grid.</summary>
    /// <param name="size">what that is</param>
    /// <param name="frames">[F, 3, H, W] bytes</param>
    /// <param name="count">as many as the result has; behind the last it is repeated</param>
    /// <returns>[count, 3, h, w] bytes</returns>
    public static Tensor ToWorking(this WorkingSize size, Tensor frames, int count)
    {
        using var scope = NewDisposeScope();
        return ClipTensors.Pad(LanczosResize.ResizeBytes(frames, size.Height, size.Width), size.Padded with { Frames = count }, Reflects(size)).MoveToOuterDisposeScope();
    }

    /// <summary>The mask's share of every pixel of the working size, or of half of it, on the grid.</summary>
    /// <param name="mask">[F, 1, H, W] 0 or 1</param>
    /// <param name="half">whether at half size</param>
    /// <returns>[F', 1, h, w] from 0 to 1</returns>
    public static Tensor ToWorkingMask(this WorkingSize size, Tensor mask, bool half)
    {
        using var scope = NewDisposeScope();
        (int factor, PixelShape to) = half ? (WorkingSize.StageFactor, size.HalfPadded) : (1, size.Padded);
        long height = size.Height / factor, width = size.Width / factor;
        Tensor small = mask.shape[2] == height && mask.shape[3] == width ? mask : nn.functional.adaptive_avg_pool2d(mask, [height, width]);
        return ClipTensors.Pad(small, to, Reflects(size)).MoveToOuterDisposeScope();
    }

    /// <summary>Generated frames at the result's size: cropped to the content, and brought back to the source's size where that is another one.</summary>
    /// <param name="generated">[n, 3, h, w] on the grid, from -1 to 1</param>
    /// <returns>[n, 3, H, W]</returns>
    public static Tensor ToResult(this WorkingSize size, Tensor generated)
    {
        Tensor content = generated.narrow(2, 0, size.Height).narrow(3, 0, size.Width);
        if (!size.IsScaled) return content;
        using var scope = NewDisposeScope();
        return LanczosResize.Resize(content.AtLeastFloat32(), size.Source.Height, size.Source.Width).MoveToOuterDisposeScope();
    }

    private static bool Reflects(WorkingSize size) => size.Fit == FrameFitting.PadReflect;
}
