using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Upsampler;

/// <summary>
/// Every frame and channel blurred by one 5x5 kernel, and every n-th row and column of that kept
/// (ltx_core/model/upsampler/blur_downsample.py, 400fd31)
/// </summary>
internal sealed class BlurDownsample(WeightScope scope, int stride)
{
    private const int Size = 5;

    // The file's own, binomial; there for stride 1 too, where it does nothing.
    private readonly Tensor kernel = scope.Tensor("kernel", TensorRole.Filter, 1, 1, Size, Size);

    /// <param name="x">[B, C, F, H, W]</param>
    /// <returns>[B, C, F, ceil(H / stride), ceil(W / stride)], in the caller's scope</returns>
    public Tensor Forward(Tensor x)
    {
        if (stride == 1) return x;
        using var scope = NewDisposeScope();
        // [B, C, F, H, W] -> [B*C*F, 1, H, W] -> [B*C*F, 1, H', W'] -> [B, C, F, H', W']
        Tensor planes = x.reshape(-1, 1, x.shape[3], x.shape[4]);
        Tensor blurred = nn.functional.conv2d(planes, kernel, strides: [stride, stride], padding: [Size / 2, Size / 2]);
        return blurred.reshape(x.shape[0], x.shape[1], x.shape[2], blurred.shape[2], blurred.shape[3]).MoveToOuterDisposeScope();
    }
}
