namespace Ltx.Inference.Latents;

/// <summary>How audio latents lie in time.</summary>
/// <param name="SampleRate">samples a second that the audio VAE works at</param>
/// <param name="HopLength">samples from one mel frame to the next</param>
/// <param name="Downsample">mel frames a latent frame stands for</param>
public readonly record struct AudioScale(int SampleRate, int HopLength, int Downsample)
{
    public double LatentsPerSecond => (double)SampleRate / HopLength / Downsample;

    /// <summary>Latent frames for a clip: rounded, halves to even; one at least, which a single frame at 60 a second would round to none.</summary>
    public int LatentFrames(int videoFrames, double framesPerSecond) =>
        Math.Max(1, (int)Math.Round(videoFrames / framesPerSecond * LatentsPerSecond, MidpointRounding.ToEven));
}
