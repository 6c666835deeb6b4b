namespace Ltx.Inference.Latents;

/// <summary>Size of a video latent; one token a cell.</summary>
public readonly record struct LatentShape(int Frames, int Height, int Width)
{
    public int Tokens => Frames * Height * Width;

    public PixelShape ToPixels(VideoScale scale) => new((Frames - 1) * scale.Time + 1, Height * scale.Height, Width * scale.Width);
}
