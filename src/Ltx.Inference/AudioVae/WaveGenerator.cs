using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// BigVGAN v2: mel frames to samples by transposed convolutions, after each the mean of parallel residual blocks.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (Vocoder) at 400fd31.
/// </summary>
internal sealed class WaveGenerator
{
    // Of the first and the last convolution in every generator of the reference.
    private const int OuterKernel = 7;

    private readonly Convolution1d enter, leave;
    private readonly List<Stage> stages = [];
    private readonly AntiAliasedSnake last;

    /// <param name="scope">where <c>conv_pre</c> is</param>
    /// <param name="config">sizes</param>
    /// <param name="melBins">bands of its input</param>
    internal WaveGenerator(WeightScope scope, GeneratorConfig config, int melBins)
    {
        int channels = config.InitialChannels, kernels = config.BlockKernels.Count;
        enter = new Convolution1d(scope["conv_pre"], AudioVaeConfig.Stereo * melBins, channels, OuterKernel);
        for (int i = 0; i < config.Rates.Count; i++, channels /= 2)
        {
            // One list of blocks for all stages: stage * kernels + kernel.
            int firstBlock = i * kernels, half = channels / 2;
            stages.Add(new Stage(scope["ups"][i], channels, half, config.RateKernels[i], config.Rates[i],
                [.. Enumerable.Range(0, kernels).Select(k => new AmpBlock(scope["resblocks"][firstBlock + k], half, config.BlockKernels[k], config.BlockDilations[k]))]));
        }
        last = new AntiAliasedSnake(scope["act_post"], channels);
        leave = new Convolution1d(scope["conv_post"], channels, AudioVaeConfig.Stereo, OuterKernel, bias: config.FinalBias);
    }

    /// <param name="mel">[B, 2, M, T], natural logarithms: bands before time</param>
    /// <returns>[B, 2, T * ratio], unbounded</returns>
    internal Tensor Forward(Tensor mel)
    {
        using var scope = NewDisposeScope();
        // [B, 2, M, T] -> [B, 2*M, T]: the left channel's bands, then the right one's
        Tensor x = enter.Forward(mel.flatten(1, 2));
        foreach (Stage stage in stages) x = stage.Forward(x);
        return leave.Forward(last.Forward(x)).MoveToOuterDisposeScope();
    }

    private sealed class Stage(WeightScope scope, int inChannels, int outChannels, int kernel, int rate, AmpBlock[] blocks)
    {
        private readonly Tensor weight = scope.Tensor("weight", TensorRole.TransposedWeight, inChannels, outChannels, kernel), bias = scope.Tensor("bias", TensorRole.Bias, outChannels);

        // [B, in, T] -> [B, out, T * rate]
        internal Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            x = nn.functional.conv_transpose1d(x, weight, bias, stride: rate, padding: (kernel - rate) / 2);
            Tensor sum = blocks[0].Forward(x);
            foreach (AmpBlock block in blocks.AsSpan(1)) sum.add_(block.Forward(x));
            return sum.div_(blocks.Length).MoveToOuterDisposeScope();
        }
    }
}
