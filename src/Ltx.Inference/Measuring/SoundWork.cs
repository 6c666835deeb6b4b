using Ltx.Inference.AudioVae;

namespace Ltx.Inference.Measuring;

/// <summary>What decoding sound is: the audio VAE's decoder and both generators of the vocoder. Their filters, one a channel, are left out.</summary>
public static class SoundWork
{
    // Of the VAE's convolutions, and of the first and last one of a generator.
    private const int Taps = 9, OuterTaps = 7;

    /// <param name="frames">latent frames</param>
    public static Operations Decode(AudioVaeConfig vae, VocoderConfig vocoder, int frames)
    {
        double mel = (double)AudioVaeConfig.MelFramesPerLatent * frames - (AudioVaeConfig.MelFramesPerLatent - 1);
        double low = mel * vocoder.Base.Ratio, extended = Math.Ceiling(low / vocoder.HopLength);
        return Mel(vae, frames) + Generate(vocoder.Base, vae.MelBins, mel) + Generate(vocoder.Extension, vocoder.MelBins, extended);
    }

    private static Operations Mel(AudioVaeConfig vae, double frames)
    {
        double bins = vae.LatentMelBins, channels = vae.BaseChannels * vae.Multipliers[^1];
        Operations sum = Operations.Convolution(Taps, vae.LatentChannels, channels, frames * bins) + 4 * Operations.Convolution(Taps, channels, channels, frames * bins);
        for (int level = vae.Multipliers.Count - 1; level >= 0; level--)
        {
            double wide = vae.BaseChannels * vae.Multipliers[level];
            for (int block = 0; block <= vae.ResidualBlocks; block++, channels = wide)
            {
                sum += Operations.Convolution(Taps, channels, wide, frames * bins) + Operations.Convolution(Taps, wide, wide, frames * bins);
                if (channels != wide) sum += Operations.Convolution(1, channels, wide, frames * bins);
            }
            if (level == 0) break;
            (frames, bins) = (2 * frames, 2 * bins);
            sum += Operations.Convolution(Taps, wide, wide, frames * bins);
            frames--;
        }
        return sum + Operations.Convolution(Taps, channels, AudioVaeConfig.Stereo, frames * bins);
    }

    private static Operations Generate(GeneratorConfig generator, int bins, double samples)
    {
        double channels = generator.InitialChannels;
        Operations sum = Operations.Convolution(OuterTaps, AudioVaeConfig.Stereo * bins, channels, samples);
        for (int i = 0; i < generator.Rates.Count; i++)
        {
            // Transposed: every position that goes in is multiplied with the whole kernel.
            sum += Operations.Convolution(generator.RateKernels[i], channels, channels / 2, samples);
            (samples, channels) = (samples * generator.Rates[i], channels / 2);
            for (int k = 0; k < generator.BlockKernels.Count; k++)
            {
                sum += 2 * generator.BlockDilations[k].Count * Operations.Convolution(generator.BlockKernels[k], channels, channels, samples);
            }
        }
        return sum + Operations.Convolution(OuterTaps, channels, AudioVaeConfig.Stereo, samples);
    }
}
