namespace Ltx.Inference.Weights;

/// <summary>In what form the weights of linear layers are kept and multiplied.</summary>
public enum WeightFormat
{
    /// <summary>As the file has them: float8 where it has float8 with a scale, the model's own type elsewhere.</summary>
    Checkpoint,

    /// <summary>In the model's own type, float8 ones too: more memory, no error from rounding activations.</summary>
    Full,

    /// <summary>In float8, one scale a row: half of bfloat16's memory. Only layers of the transformer's blocks; the small and sensitive ones stay.</summary>
    Float8,
}
