namespace Ltx.Inference.Latents;

/// <summary>Size of a clip in frames and pixels.</summary>
public readonly record struct PixelShape(int Frames, int Height, int Width)
{
    /// <summary>The latent grid that encodes it: the first frame alone, then groups of frames.</summary>
    /// <exception cref="ArgumentException">The size does not lie on the grid.</exception>
    public LatentShape ToLatent(VideoScale scale)
    {
        if ((Frames - 1) % scale.Time != 0 || Height % scale.Height != 0 || Width % scale.Width != 0)
        {
            throw new ArgumentException($"{Width}x{Height}, {Frames} frames is not on the latent grid of {scale.Width}x{scale.Height}, 1 + {scale.Time}k frames.");
        }
        return new LatentShape((Frames - 1) / scale.Time + 1, Height / scale.Height, Width / scale.Width);
    }
}
