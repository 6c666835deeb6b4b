using Ltx.Inference.AudioVae;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of the vocoder and its bandwidth extension, all below <c>vocoder.</c></summary>
internal static class VocoderForm
{
    // Of both generators' first and last convolution, and of the filters around their activations: BigVGAN's own.
    private const int EndKernel = 7, FilterTaps = 12;

    /// <param name="melBins">bands that the audio VAE's decoder gives</param>
    public static TensorList Tensors(VocoderConfig config, int melBins)
    {
        TensorList list = new();
        Generator(list, "vocoder.vocoder", config.Base, melBins);
        Generator(list, "vocoder.bwe_generator", config.Extension, config.MelBins);
        int frequencies = (config.FilterLength / 2) + 1;
        list.Add("vocoder.mel_stft.mel_basis", TensorRole.Filter, config.MelBins, frequencies);
        // Real rows, then imaginary ones. The inverse is in the files and used by nobody.
        list.Add("vocoder.mel_stft.stft_fn.forward_basis", TensorRole.Weight, 2 * frequencies, 1, config.FilterLength);
        list.Add("vocoder.mel_stft.stft_fn.inverse_basis", TensorRole.Weight, 2 * frequencies, 1, config.FilterLength);
        return list;
    }

    private static void Generator(TensorList list, string name, GeneratorConfig config, int melBins)
    {
        int channels = config.InitialChannels;
        list.Convolution($"{name}.conv_pre", AudioVaeConfig.Stereo * melBins, channels, [EndKernel]);
        for (int stage = 0; stage < config.Rates.Count; stage++, channels /= 2)
        {
            list.Add($"{name}.ups.{stage}.weight", TensorRole.TransposedWeight, channels, channels / 2, config.RateKernels[stage]);
            list.Add($"{name}.ups.{stage}.bias", TensorRole.Bias, channels / 2);
            for (int block = 0; block < config.BlockKernels.Count; block++)
            {
                Block(list, $"{name}.resblocks.{(stage * config.BlockKernels.Count) + block}", channels / 2, config.BlockKernels[block], config.BlockDilations[block].Count);
            }
        }
        Activation(list, $"{name}.act_post", channels);
        list.Convolution($"{name}.conv_post", channels, AudioVaeConfig.Stereo, [EndKernel], config.FinalBias);
    }

    private static void Block(TensorList list, string name, int channels, int kernel, int layers)
    {
        for (int layer = 0; layer < layers; layer++)
        {
            list.Convolution($"{name}.convs1.{layer}", channels, channels, [kernel]);
            list.Convolution($"{name}.convs2.{layer}", channels, channels, [kernel]);
            Activation(list, $"{name}.acts1.{layer}", channels);
            Activation(list, $"{name}.acts2.{layer}", channels);
        }
    }

    private static void Activation(TensorList list, string name, int channels)
    {
        list.Add($"{name}.act.alpha", TensorRole.Offset, channels);
        list.Add($"{name}.act.beta", TensorRole.Offset, channels);
        list.Add($"{name}.upsample.filter", TensorRole.Filter, 1, 1, FilterTaps);
        list.Add($"{name}.downsample.lowpass.filter", TensorRole.Filter, 1, 1, FilterTaps);
    }
}
