using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>One of the ways to a result.</summary>
internal interface IProduct
{
    /// <summary>Fills the mask of a scene with what its prompt says.</summary>
    /// <param name="name">of its files</param>
    /// <returns>RGB24, by the frame's number</returns>
    Task<Func<int, byte[]>> InpaintAsync(Scene scene, string name);
}
