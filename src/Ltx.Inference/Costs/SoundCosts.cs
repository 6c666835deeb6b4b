using Ltx.Inference.AudioVae;

namespace Ltx.Inference.Costs;

/// <summary>
/// What decoding sound holds beside weights, and what it computes: the audio VAE's decoder and both generators of the vocoder. Their filters, one
/// a channel, are left out of the operations; the decoder is small beside the generators' tensors.
/// </summary>
internal sealed class SoundCosts
{
    // Of the VAE's convolutions, and of the first and last one of a generator.
    private const int Taps = 9, OuterTaps = 7;

    // Two generators of the vocoder never run at once. AmpBlock keeps the results of three layers, of each of which one holds its activation
    // (edges, twice as long, its square, and edges again) and two convolutions: 16 times the longest signal, and 5 beside it.
    private const int VocoderTensors = 21;

    private readonly OperationCount operations = new();

    /// <param name="frames">latent frames</param>
    public SoundCosts(AudioVaeConfig vae, VocoderConfig vocoder, int frames)
    {
        // The first latent frame stands for one frame alone; what is held is counted with whole ones.
        double whole = (double)AudioVaeConfig.MelFramesPerLatent * frames, mel = whole - (AudioVaeConfig.MelFramesPerLatent - 1);
        Mel(vae, frames);
        Generate(vocoder.Base, vae.MelBins, mel, whole);
        Generate(vocoder.Extension, vocoder.MelBins, Math.Ceiling(mel * vocoder.Base.Ratio / vocoder.HopLength), whole * vocoder.Base.Ratio / vocoder.HopLength);
    }

    /// <summary>The worst moment. The vocoder computes in float32, always.</summary>
    public MemoryLedger Memory { get; } = new();

    public Operations Operations => operations.Sum;

    private void Mel(AudioVaeConfig vae, double frames)
    {
        double bins = vae.LatentMelBins, channels = vae.BaseChannels * vae.Multipliers[^1];
        Convolution(Taps, vae.LatentChannels, channels, frames * bins);
        using (operations.Times(4)) Convolution(Taps, channels, channels, frames * bins);
        for (int level = vae.Multipliers.Count - 1; level >= 0; level--)
        {
            double wide = vae.BaseChannels * vae.Multipliers[level];
            for (int block = 0; block <= vae.ResidualBlocks; block++, channels = wide)
            {
                Convolution(Taps, channels, wide, frames * bins);
                Convolution(Taps, wide, wide, frames * bins);
                if (channels != wide) Convolution(1, channels, wide, frames * bins);
            }
            if (level == 0) break;
            (frames, bins) = (2 * frames, 2 * bins);
            Convolution(Taps, wide, wide, frames * bins);
            frames--;
        }
        Convolution(Taps, channels, AudioVaeConfig.Stereo, frames * bins);
    }

    private void Generate(GeneratorConfig generator, int bins, double samples, double held)
    {
        double channels = generator.InitialChannels;
        Convolution(OuterTaps, AudioVaeConfig.Stereo * bins, channels, samples);
        for (int i = 0; i < generator.Rates.Count; i++)
        {
            // Transposed: every position that goes in is multiplied with the whole kernel.
            Convolution(generator.RateKernels[i], channels, channels / 2, samples);
            (samples, held, channels) = (samples * generator.Rates[i], held * generator.Rates[i], channels / 2);
            Memory.Work(VocoderTensors * ElementBytes.Float32 * channels * held);
            for (int k = 0; k < generator.BlockKernels.Count; k++)
            {
                using (operations.Times(2 * generator.BlockDilations[k].Count)) Convolution(generator.BlockKernels[k], channels, channels, samples);
            }
        }
        Convolution(OuterTaps, channels, AudioVaeConfig.Stereo, samples);
    }

    private void Convolution(double taps, double from, double to, double positions) => operations.Add(Operations.Convolution(taps, from, to, positions));
}
