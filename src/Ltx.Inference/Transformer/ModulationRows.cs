namespace Ltx.Inference.Transformer;

/// <summary>Which rows of a block's table, and of the AdaLN head that goes with it, belong to one place in the block.</summary>
/// <param name="Gate">null where nothing is gated</param>
internal readonly record struct ModulationRows(int Shift, int Scale, int? Gate = null);
