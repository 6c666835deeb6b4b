using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Latent to log-mel spectrogram: the encoder's mirror.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/audio_vae.py (AudioDecoder) at 400fd31.
/// </summary>
internal sealed class AudioDecoder
{
    private readonly AudioVaeConfig config;
    private readonly ScalarType type;
    private readonly LatentStatistics statistics;
    private readonly CausalConvolution enter, leave;
    private readonly ResidualBlock[] middle;
    private readonly List<Level> levels = [];

    /// <param name="scope"><c>audio_vae.decoder</c></param>
    /// <param name="config">sizes</param>
    /// <param name="statistics">of the latent</param>
    internal AudioDecoder(WeightScope scope, AudioVaeConfig config, LatentStatistics statistics)
    {
        this.config = config;
        this.statistics = statistics;
        type = scope.Type;
        int channels = config.BaseChannels * config.Multipliers[^1];
        enter = new CausalConvolution(scope["conv_in"], config.LatentChannels, channels, 3);
        middle = [new ResidualBlock(scope["mid.block_1"], channels, channels), new ResidualBlock(scope["mid.block_2"], channels, channels)];
        // The file numbers the levels from the finest; decoding runs from the coarsest.
        for (int i = config.Multipliers.Count - 1; i >= 0; i--)
        {
            levels.Add(new Level(scope["up"][i], config, channels, config.BaseChannels * config.Multipliers[i], isLast: i == 0));
            channels = config.BaseChannels * config.Multipliers[i];
        }
        leave = new CausalConvolution(scope["conv_out"], channels, AudioVaeConfig.Stereo, 3);
    }

    /// <param name="latent">normalised, [B, C, T, F]</param>
    /// <returns>[B, 2, 4T - 3, mel bins], natural logarithms, in the component's type</returns>
    internal Tensor Decode(Tensor latent)
    {
        using var scope = NewDisposeScope();
        Tensor h = enter.Forward(statistics.Denormalise(latent.to(type)));
        foreach (ResidualBlock block in middle) h = block.Forward(h);
        foreach (Level level in levels) h = level.Forward(h);
        Tensor mel = leave.Forward(PixelNorm.ThenSilu(h));
        // The first latent frame stands for one mel frame, every other for four.
        long frames = Math.Max(AudioVaeConfig.MelFramesPerLatent * latent.shape[2] - (AudioVaeConfig.MelFramesPerLatent - 1), 1);
        return Fit(Fit(mel, 2, frames), 3, config.MelBins).MoveToOuterDisposeScope();
    }

    // Cuts what is too long and fills up with zeros what is too short. Real checkpoints need neither; an odd number of bands does.
    private static Tensor Fit(Tensor mel, int axis, long size)
    {
        long missing = size - mel.shape[axis];
        if (missing == 0) return mel;
        return missing < 0 ? mel.narrow(axis, 0, size) : nn.functional.pad(mel, axis == 3 ? [0, missing] : [0, 0, 0, missing]);
    }

    /// <summary>Residual blocks at one resolution, then twice the resolution.</summary>
    private sealed class Level
    {
        private readonly List<ResidualBlock> blocks = [];
        private readonly CausalConvolution? upsample;

        internal Level(WeightScope scope, AudioVaeConfig config, int inChannels, int outChannels, bool isLast)
        {
            for (int i = 0; i <= config.ResidualBlocks; i++) blocks.Add(new ResidualBlock(scope["block"][i], i == 0 ? inChannels : outChannels, outChannels));
            if (!isLast) upsample = new CausalConvolution(scope["upsample.conv"], outChannels, outChannels, 3);
        }

        // [B, in, T, F] -> [B, out, 2T - 1, 2F], or T and F unchanged at the last level
        internal Tensor Forward(Tensor h)
        {
            using var scope = NewDisposeScope();
            foreach (ResidualBlock block in blocks) h = block.Forward(h);
            if (upsample is not null)
            {
                h = upsample.Forward(nn.functional.interpolate(h, scale_factor: [2, 2], mode: InterpolationMode.Nearest));
                // The first frame has seen its neighbour twice less than the others: the encoder's front padding is undone here.
                h = h.narrow(2, 1, h.shape[2] - 1);
            }
            return h.MoveToOuterDisposeScope();
        }
    }
}
