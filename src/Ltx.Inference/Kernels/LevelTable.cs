using static TorchSharp.torch;

namespace Ltx.Inference.Kernels;

/// <summary>
/// What an AdaLN head gives for the noise levels of a stream's tokens beside the table that a block has of its own: a row of both together is a shift, a
/// scale or a gate. It is looked up for every token where it is used, so that it is kept once a distinct level.
/// </summary>
/// <param name="Levels">[U, R, D], one matrix a distinct level, in the head's order of rows</param>
/// <param name="Table">[R, D]</param>
/// <param name="Index">[tokens] int64, the level of each; null when all have the first</param>
internal readonly record struct LevelTable(Tensor Levels, Tensor Table, Tensor? Index);
