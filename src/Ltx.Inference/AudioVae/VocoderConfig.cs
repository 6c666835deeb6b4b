using Ltx.Inference.Weights;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// The vocoder with bandwidth extension as the checkpoint's <c>vocoder</c> section describes it.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/model_configurator.py at 400fd31.
/// </summary>
/// <param name="Base">generator of the waveform at <see cref="InputRate"/></param>
/// <param name="Extension">generator of what is missing at <see cref="OutputRate"/></param>
/// <param name="InputRate">samples per second before the extension</param>
/// <param name="OutputRate">samples per second after it</param>
/// <param name="HopLength">samples at the input rate between two mel frames of the extension</param>
/// <param name="FilterLength">samples of one Fourier transform; the window is as long, whatever <c>win_size</c> says</param>
/// <param name="MelBins">bands of the extension's mel spectrogram</param>
public sealed record VocoderConfig(
    GeneratorConfig Base, GeneratorConfig Extension, int InputRate, int OutputRate, int HopLength, int FilterLength, int MelBins)
{
    /// <summary>Output samples for one input sample.</summary>
    public int Ratio => OutputRate / InputRate;

    /// <param name="config">the checkpoint's whole configuration</param>
    /// <exception cref="WeightsException">A value is missing, or asks for something that is not built here.</exception>
    public static VocoderConfig Read(ConfigSection config)
    {
        ConfigSection section = config.Section("vocoder"), extension = section.Section("bwe");
        // The reference switches the extension's last activation off without asking; a checkpoint that wants it would be another model.
        extension.Expect("apply_final_activation", false, whenAbsent: false);
        VocoderConfig read = new(
            GeneratorConfig.Read(section.Section("vocoder")), GeneratorConfig.Read(extension),
            extension.Int("input_sampling_rate"), extension.Int("output_sampling_rate"),
            extension.Int("hop_length"), extension.Int("n_fft"), extension.Int("num_mels"));
        if (read.InputRate <= 0 || read.OutputRate % read.InputRate != 0 || read.HopLength <= 0 || read.FilterLength < read.HopLength || read.MelBins <= 0)
        {
            throw new WeightsException("The vocoder's config has rates or lengths that cannot be: the output rate must be a multiple of the input rate, and a transform as long as its hop.");
        }
        if (read.Extension.Ratio != read.HopLength * read.Ratio)
        {
            throw new WeightsException($"The vocoder's extension makes {read.Extension.Ratio} samples of one frame, and its config asks for {read.HopLength * read.Ratio}.");
        }
        return read;
    }
}
