using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>The numbers of some frames, or of a rectangle of them.</summary>
/// <param name="Full">[F, 1, H, W] luma, or [F, 3, H, W] RGB</param>
/// <param name="Half">[F, 2, H/2, W/2] Cb and Cr; null for RGB</param>
internal readonly record struct FramePlanes(Tensor Full, Tensor? Half)
{
    public FramePlanes Narrow(long start, long count) => new(Full.narrow(0, start, count), Half?.narrow(0, start, count));

    public FramePlanes MoveToOuterDisposeScope() => new(Full.MoveToOuterDisposeScope(), Half?.MoveToOuterDisposeScope());

    public FramePlanes ToFloat() => new(Full.to(ScalarType.Float32), Half?.to(ScalarType.Float32));

    /// <summary>A rectangle, without a copy; with halved chroma, of even sides and place.</summary>
    public FramePlanes Of(FrameRegion region) => new(region.Of(Full), Half is null ? null : region.Half.Of(Half));

    /// <summary>Writes numbers from 0 to 255 into these bytes, rounded.</summary>
    public void CopyFrom(FramePlanes numbers)
    {
        using var scope = NewDisposeScope();
        Full.copy_(SeamBlend.ToBytes(numbers.Full));
        Half?.copy_(SeamBlend.ToBytes(numbers.Half!));
    }
}
