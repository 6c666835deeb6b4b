using Ltx.Inference.Weights;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// One BigVGAN generator of the vocoder.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/model_configurator.py at 400fd31.
/// </summary>
/// <param name="InitialChannels">channels before the first upsampling; each upsampling halves them</param>
/// <param name="Rates">how many times longer each upsampling makes the signal</param>
/// <param name="RateKernels">kernel of each upsampling</param>
/// <param name="BlockKernels">kernels of the parallel residual blocks after each upsampling</param>
/// <param name="BlockDilations">dilations of the layers in each of those blocks</param>
/// <param name="FinalBias">whether the last convolution has a bias</param>
/// <param name="FinalTanh">whether the waveform ends in tanh instead of a clamp</param>
public sealed record GeneratorConfig(
    int InitialChannels, IReadOnlyList<int> Rates, IReadOnlyList<int> RateKernels,
    IReadOnlyList<int> BlockKernels, IReadOnlyList<IReadOnlyList<int>> BlockDilations, bool FinalBias, bool FinalTanh)
{
    /// <summary>Samples made of one mel frame.</summary>
    public int Ratio => Rates.Aggregate(1, (product, rate) => product * rate);

    internal static GeneratorConfig Read(ConfigSection section)
    {
        section.Expect("resblock", "AMP1");
        section.Expect("activation", "snakebeta");
        section.Expect("stereo", true);
        // True is what the reference takes where the last two keys are absent.
        GeneratorConfig read = new(
            section.Int("upsample_initial_channel"), section.Ints("upsample_rates"), section.Ints("upsample_kernel_sizes"),
            section.Ints("resblock_kernel_sizes"), section.IntLists("resblock_dilation_sizes"),
            section.Bool("use_bias_at_final", true), section.Bool("use_tanh_at_final", true));
        if (read.Rates.Count != read.RateKernels.Count) throw new WeightsException("The vocoder's config has not one kernel size for each upsampling.");
        if (read.BlockKernels.Count == 0 || read.BlockKernels.Count != read.BlockDilations.Count || read.BlockDilations.Any(list => list.Count == 0)) throw new WeightsException("The vocoder's config has not one list of dilations for each residual block.");
        if (read.Rates.Any(rate => rate <= 0) || read.InitialChannels >> read.Rates.Count == 0) throw new WeightsException("The vocoder's config has too few channels for its upsamplings, or a rate below one.");
        return read;
    }
}
