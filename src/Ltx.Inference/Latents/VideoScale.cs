namespace Ltx.Inference.Latents;

/// <summary>How many frames, rows and columns of a video one cell of its latent stands for; the first latent frame stands for one frame.</summary>
/// <param name="Time">frames a latent frame, 8 in LTX-2.3</param>
/// <param name="Height">pixels a latent row, 32</param>
/// <param name="Width">pixels a latent column, 32</param>
public sealed record VideoScale(int Time, int Height, int Width)
{
    /// <summary>Latent frames of a clip of <paramref name="frames"/> = Time * k + 1 frames.</summary>
    public int LatentFrames(int frames) => (frames - 1) / Time + 1;

    /// <summary>Frames that so many latent frames decode to.</summary>
    public int Frames(int latentFrames) => (latentFrames - 1) * Time + 1;
}
