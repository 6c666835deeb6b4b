using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>How the noise level changes what goes into one of a block's layers, and how much of what comes out is added.</summary>
/// <param name="Table">what the noise levels give beside the block's own table</param>
/// <param name="Rows">which rows of it belong to this place</param>
internal readonly record struct Modulation(LevelTable Table, ModulationRows Rows)
{
    /// <summary>rms(x) * (1 + scale) + shift</summary>
    /// <param name="x">[B, T, D]</param>
    public LinearInput NormModulate(Tensor x, double epsilon)
    {
        (LevelTable table, ModulationRows rows) = this;
        return new LinearInput(
            x, () => Modulations.NormModulate(x, table, rows.Scale, rows.Shift, epsilon),
            kernels => kernels.QuantizeModulated(x.flatten(0, -2), table, rows.Scale, rows.Shift, epsilon));
    }

    /// <summary>x * (1 + scale) + shift</summary>
    /// <param name="x">[B, T, D]</param>
    public Tensor Modulate(Tensor x) => Modulations.Modulate(x, Table, Rows.Scale, Rows.Shift);

    /// <summary>x + y * gate</summary>
    /// <param name="x">[B, T, D]</param>
    /// <param name="y">[B, T, D], what the layer made</param>
    public Tensor AddGated(Tensor x, Tensor y) => Modulations.AddGated(x, y, Table, Rows.Gate!.Value);
}
