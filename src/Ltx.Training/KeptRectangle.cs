namespace Ltx.Training;

/// <summary>What of every frame is given when the rest is learned to be painted around it, in pixels of the training's size.</summary>
/// <param name="Left">the first column</param>
/// <param name="Top">the first row</param>
/// <param name="Right">behind the last column</param>
/// <param name="Bottom">behind the last row</param>
public sealed record KeptRectangle(int Left, int Top, int Right, int Bottom);
