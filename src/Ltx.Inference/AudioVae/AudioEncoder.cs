using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Waveform to latent: log-mel spectrogram, then a convolutional encoder that is causal in time.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/audio_vae.py (AudioEncoder, encode_audio) at 400fd31.
/// </summary>
internal sealed class AudioEncoder : IDisposable
{
    private readonly AudioVaeConfig config;
    private readonly ScalarType type;
    private readonly MelSpectrogram spectrogram;
    private readonly LatentStatistics statistics;
    private readonly CausalConvolution enter, leave;
    private readonly List<Level> levels = [];
    private readonly ResidualBlock[] middle;

    /// <param name="scope"><c>audio_vae.encoder</c></param>
    /// <param name="config">sizes</param>
    /// <param name="statistics">of the latent</param>
    internal AudioEncoder(WeightScope scope, AudioVaeConfig config, LatentStatistics statistics)
    {
        this.config = config;
        this.statistics = statistics;
        type = scope.Type;
        int channels = config.BaseChannels;
        enter = new CausalConvolution(scope["conv_in"], AudioVaeConfig.Stereo, channels, 3);
        for (int i = 0; i < config.Multipliers.Count; i++)
        {
            levels.Add(new Level(scope["down"][i], config, channels, config.BaseChannels * config.Multipliers[i], isLast: i == config.Multipliers.Count - 1));
            channels = config.BaseChannels * config.Multipliers[i];
        }
        middle = [new ResidualBlock(scope["mid.block_1"], channels, channels), new ResidualBlock(scope["mid.block_2"], channels, channels)];
        // Means and logarithms of variances; only the means are used.
        leave = new CausalConvolution(scope["conv_out"], channels, 2 * config.LatentChannels, 3);
        spectrogram = new MelSpectrogram(config, scope.Device, type.AtLeastFloat32());
    }

    /// <param name="waveform">[B, 2, S] in -1 ... 1 at the VAE's own rate, on the encoder's device</param>
    /// <returns>normalised latent [B, C, T, F] in the component's type; T = ceil((S / hop + 1) / 4) for three levels</returns>
    internal Tensor Encode(Tensor waveform)
    {
        using var scope = NewDisposeScope();
        Tensor h = enter.Forward(spectrogram.Forward(waveform).to(type));
        foreach (Level level in levels) h = level.Forward(h);
        foreach (ResidualBlock block in middle) h = block.Forward(h);
        Tensor means = leave.Forward(PixelNorm.ThenSilu(h)).narrow(1, 0, config.LatentChannels);
        return statistics.Normalise(means).MoveToOuterDisposeScope();
    }

    public void Dispose() => spectrogram.Dispose();

    /// <summary>Residual blocks at one resolution, then half of it.</summary>
    private sealed class Level
    {
        private readonly List<ResidualBlock> blocks = [];
        private readonly Tensor? weight, bias;

        internal Level(WeightScope scope, AudioVaeConfig config, int inChannels, int outChannels, bool isLast)
        {
            for (int i = 0; i < config.ResidualBlocks; i++) blocks.Add(new ResidualBlock(scope["block"][i], i == 0 ? inChannels : outChannels, outChannels));
            if (isLast) return;
            weight = scope["downsample.conv"].Tensor("weight", TensorRole.Weight, outChannels, outChannels, 3, 3);
            bias = scope["downsample.conv"].Tensor("bias", TensorRole.Bias, outChannels);
        }

        // [B, in, T, F] -> [B, out, ceil(T/2), F/2], or T and F unchanged at the last level
        internal Tensor Forward(Tensor h)
        {
            using var scope = NewDisposeScope();
            foreach (ResidualBlock block in blocks) h = block.Forward(h);
            // One zero behind the last band, two in front of the first frame.
            if (weight is not null) h = Convolution.Of(nn.functional.pad(h, [0, 1, 2, 0]), weight, bias, [2, 2]);
            return h.MoveToOuterDisposeScope();
        }
    }
}
