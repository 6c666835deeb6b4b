using Ltx.Inference.Latents;
using Ltx.Inference.Weights;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// The audio VAE as the checkpoint's <c>audio_vae</c> section describes it.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/model_configurator.py at 400fd31.
/// </summary>
/// <param name="SampleRate">samples per second of the waveform that is encoded</param>
/// <param name="HopLength">samples between two mel frames</param>
/// <param name="FilterLength">samples of one Fourier transform; the window is as long</param>
/// <param name="MelBins">bands of the mel spectrogram</param>
/// <param name="BaseChannels">channels of the first level</param>
/// <param name="Multipliers">channels of each level in multiples of <see cref="BaseChannels"/>, finest level first</param>
/// <param name="ResidualBlocks">residual blocks of one encoder level; a decoder level has one more</param>
/// <param name="LatentChannels">channels of the latent</param>
public sealed record AudioVaeConfig(
    int SampleRate, int HopLength, int FilterLength, int MelBins,
    int BaseChannels, IReadOnlyList<int> Multipliers, int ResidualBlocks, int LatentChannels)
{
    /// <summary>Left and right: the mel spectrogram has one channel for each.</summary>
    public const int Stereo = 2;

    /// <summary>Mel frames of one latent frame; the reference's LATENT_DOWNSAMPLE_FACTOR, whatever the number of levels.</summary>
    public const int MelFramesPerLatent = 4;

    /// <summary>Bands of the latent: each level but the last halves them.</summary>
    public int LatentMelBins => MelBins >> (Multipliers.Count - 1);

    /// <summary>How latents lie in time; 25 a second in LTX-2.3.</summary>
    public AudioScale Scale => new(SampleRate, HopLength, MelFramesPerLatent);

    /// <param name="config">the checkpoint's whole configuration</param>
    /// <exception cref="WeightsException">A value is missing, or asks for something that is not built here.</exception>
    public static AudioVaeConfig Read(ConfigSection config)
    {
        ConfigSection audio = config.Section("audio_vae"), parameters = audio.Section("model").Section("params");
        ConfigSection network = parameters.Section("ddconfig"), preprocessing = audio.Section("preprocessing"), stft = preprocessing.Section("stft");
        // The values when absent are those that the reference takes then.
        network.Expect("in_channels", Stereo, whenAbsent: Stereo);
        network.Expect("out_ch", Stereo, whenAbsent: Stereo);
        network.Expect("double_z", true, whenAbsent: true);
        network.Expect("norm_type", "pixel", whenAbsent: "pixel");
        network.Expect("causality_axis", "height", whenAbsent: "height");
        network.Expect("mid_block_add_attention", false, whenAbsent: true);
        network.Expect("resamp_with_conv", true, whenAbsent: true);
        if (network.Ints("attn_resolutions").Count > 0) throw new WeightsException("The audio VAE's config asks for attention layers (attn_resolutions), which are not built here.");
        AudioVaeConfig read = new(
            parameters.Int("sampling_rate"), stft.Int("hop_length"), stft.Int("filter_length"),
            network.Has("mel_bins") ? network.Int("mel_bins") : preprocessing.Section("mel").Int("n_mel_channels"),
            network.Int("ch"), network.Ints("ch_mult"), network.Int("num_res_blocks"), network.Int("z_channels"));
        return read.Checked();
    }

    // A latent statistic belongs to a channel and band, and the file has as many of them as the first level has channels.
    private AudioVaeConfig Checked()
    {
        if (Multipliers.Count == 0 || Multipliers.Any(multiplier => multiplier <= 0)
            || new[] { SampleRate, HopLength, FilterLength, MelBins, BaseChannels, ResidualBlocks, LatentChannels }.Any(number => number <= 0))
        {
            throw new WeightsException("The audio VAE's config has a size that is zero or negative.");
        }
        if (LatentChannels * LatentMelBins != BaseChannels)
        {
            throw new WeightsException($"The audio VAE's config has {BaseChannels} latent statistics for {LatentChannels} channels of {LatentMelBins} bands.");
        }
        return this;
    }
}
