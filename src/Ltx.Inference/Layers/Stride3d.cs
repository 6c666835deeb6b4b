namespace Ltx.Inference.Layers;

/// <summary>Steps along time, height and width: of a convolution, or of a rearrangement between space and depth.</summary>
/// <param name="Time">frames</param>
/// <param name="Height">rows</param>
/// <param name="Width">columns</param>
internal readonly record struct Stride3d(int Time, int Height, int Width)
{
    public static Stride3d One { get; } = new(1, 1, 1);

    /// <summary>Cells of one block.</summary>
    public int Count => Time * Height * Width;
}
