namespace Ltx.Inference.VideoVae;

/// <summary>Weights of a tile along one axis. (ltx_core/tiling.py, compute_trapezoidal_mask_1d, 400fd31)</summary>
internal static class BlendMask
{
    /// <summary>Ones with a linear ramp at each end. Where ramps meet, they multiply.</summary>
    /// <param name="fadeIn">length of the ramp at the beginning; longer than the tile counts as the tile's length</param>
    /// <param name="fadeOut">length of the ramp at the end, which never reaches 0</param>
    /// <param name="fromZero">whether the first ramp begins at 0 (time) or one step above (space)</param>
    public static float[] Trapezoid(int length, int fadeIn, int fadeOut, bool fromZero)
    {
        fadeIn = Math.Min(fadeIn, length);
        fadeOut = Math.Min(fadeOut, length);
        float[] mask = new float[length];
        Array.Fill(mask, 1f);
        for (int i = 0; i < fadeIn; i++) mask[i] *= fromZero ? i / (float)fadeIn : (i + 1) / (float)(fadeIn + 1);
        for (int i = 0; i < fadeOut; i++) mask[length - 1 - i] *= (i + 1) / (float)(fadeOut + 1);
        return mask;
    }
}
