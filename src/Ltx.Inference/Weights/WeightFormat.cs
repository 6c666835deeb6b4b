namespace Ltx.Inference.Weights;

/// <summary>In what form the weights of linear layers are kept and multiplied.</summary>
public enum WeightFormat
{
    /// <summary>
    /// As the file has them: float8 where it has float8 with a scale, the model's own type elsewhere. Where a device that is planned for has room for it,
    /// float8 becomes the model's own type, too, in which it is multiplied: sooner, and the same numbers but for LoRAs, which are then rounded less.
    /// </summary>
    Checkpoint,

    /// <summary>In the model's own type, float8 ones too: more memory.</summary>
    Full,

    /// <summary>In float8, one scale a row: half of bfloat16's memory. Only layers of the transformer's blocks; the small and sensitive ones stay.</summary>
    Float8,

    /// <summary>
    /// The same, and float8 tensor cores multiply them, with activations that are rounded row by row. Where the project's kernels run, one of them rounds
    /// what several layers share; elsewhere the rounding takes longer than the tensor cores save. Only where somebody asks for it: the miniature's finished
    /// frames are 45 dB from those of float32, and 52 dB in bfloat16, where no more than 1 dB was to be lost.
    /// </summary>
    Float8Products,
}
