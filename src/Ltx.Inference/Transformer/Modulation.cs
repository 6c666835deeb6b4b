using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>How the noise level changes what goes into one of a block's layers, and how much of what comes out is added.</summary>
/// <param name="Shift">added to what goes in</param>
/// <param name="Scale">what goes in is multiplied by it; the one is added already</param>
/// <param name="Gate">what comes out is multiplied by it; null where another part of the block does that</param>
internal readonly record struct Modulation(TokenRows Shift, TokenRows Scale, TokenRows? Gate)
{
    /// <summary>rms(x) * scale + shift</summary>
    /// <param name="x">[B, T, D]</param>
    public Tensor NormModulate(Tensor x, double epsilon) => Modulations.NormModulate(x, Scale.PerToken(), Shift.PerToken(), epsilon);

    /// <summary>x * scale + shift</summary>
    /// <param name="x">[B, T, D]</param>
    public Tensor Modulate(Tensor x) => Modulations.Modulate(x, Scale.PerToken(), Shift.PerToken());

    /// <summary>x + y * gate</summary>
    /// <param name="x">[B, T, D]</param>
    /// <param name="y">[B, T, D], what the layer made</param>
    public Tensor AddGated(Tensor x, Tensor y) => Modulations.AddGated(x, y, Gate!.Value.PerToken());
}
