using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Which keys every query may look at.</summary>
/// <param name="Allowed">[B, 1, T, T] bool, with at least one key a query</param>
/// <param name="Blind">[B, 1, T, 1] bool: queries that may look at nothing. Attention gives them some value, and their result is set to 0,
/// which is what libtorch's attention makes of a row without keys where its kernels do not make NaN of it.</param>
internal sealed record VisibleKeys(Tensor Allowed, Tensor Blind)
{
    /// <param name="valid">[B, T] bool, false at padding</param>
    /// <param name="window">positions that a query sees, its own included; null for all before it</param>
    /// <param name="image">a picture, whose tokens see each other whatever their order and the window; null for none</param>
    public static VisibleKeys Causal(Tensor valid, int? window, ImageSpan? image = null)
    {
        using var scope = NewDisposeScope();
        long length = valid.shape[1];
        // [T, T]: every query sees itself and what lies before it
        Tensor inReach = ones(length, length, ScalarType.Bool, valid.device).tril_();
        if (window is { } reach) inReach.triu_(1 - reach);
        if (image is not null)
        {
            Tensor positions = arange(length, ScalarType.Int64, valid.device);
            Tensor inside = (positions >= image.Start).logical_and(positions < image.Start + image.Count);
            inReach.logical_or_(inside.unsqueeze(-1).logical_and(inside));
        }
        // [B, T] -> [B, 1, 1, T]
        Tensor allowed = inReach.logical_and(valid.unsqueeze(1).unsqueeze(1));
        Tensor blind = allowed.any(-1, keepdim: true).logical_not();
        return new VisibleKeys(allowed.logical_or_(blind).MoveToOuterDisposeScope(), blind.MoveToOuterDisposeScope());
    }
}
