using Ltx.Inference.AudioVae;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of the audio VAE, all below <c>audio_vae.</c></summary>
internal static class AudioVaeForm
{
    private static readonly long[] Kernel = [3, 3], Shortcut = [1, 1];

    public static TensorList Tensors(AudioVaeConfig config)
    {
        TensorList list = new();
        int levels = config.Multipliers.Count, deepest = Channels(config, levels - 1);
        list.Convolution("audio_vae.encoder.conv_in.conv", AudioVaeConfig.Stereo, config.BaseChannels, Kernel);
        for (int level = 0, channels = config.BaseChannels; level < levels; level++)
        {
            string name = $"audio_vae.encoder.down.{level}";
            channels = Blocks(list, name, config.ResidualBlocks, channels, Channels(config, level));
            if (level + 1 < levels) list.Convolution($"{name}.downsample.conv", channels, channels, Kernel);
        }
        Middle(list, "audio_vae.encoder", deepest);
        // Mean and logarithm of the variance.
        list.Convolution("audio_vae.encoder.conv_out.conv", deepest, 2 * config.LatentChannels, Kernel);

        list.Convolution("audio_vae.decoder.conv_in.conv", config.LatentChannels, deepest, Kernel);
        Middle(list, "audio_vae.decoder", deepest);
        for (int level = levels - 1, channels = deepest; level >= 0; level--)
        {
            string name = $"audio_vae.decoder.up.{level}";
            channels = Blocks(list, name, config.ResidualBlocks + 1, channels, Channels(config, level));
            if (level > 0) list.Convolution($"{name}.upsample.conv.conv", channels, channels, Kernel);
        }
        list.Convolution("audio_vae.decoder.conv_out.conv", Channels(config, 0), AudioVaeConfig.Stereo, Kernel);
        list.Add("audio_vae.per_channel_statistics.mean-of-means", TensorRole.Offset, config.BaseChannels);
        list.Add("audio_vae.per_channel_statistics.std-of-means", TensorRole.Scale, config.BaseChannels);
        return list;
    }

    private static int Channels(AudioVaeConfig config, int level) => config.BaseChannels * config.Multipliers[level];

    private static int Blocks(TensorList list, string name, int count, int channels, int outChannels)
    {
        for (int i = 0; i < count; i++, channels = outChannels) Block(list, $"{name}.block.{i}", channels, outChannels);
        return channels;
    }

    private static void Middle(TensorList list, string name, int channels)
    {
        Block(list, $"{name}.mid.block_1", channels, channels);
        Block(list, $"{name}.mid.block_2", channels, channels);
    }

    private static void Block(TensorList list, string name, int inChannels, int outChannels)
    {
        list.Convolution($"{name}.conv1.conv", inChannels, outChannels, Kernel);
        list.Convolution($"{name}.conv2.conv", outChannels, outChannels, Kernel);
        if (inChannels != outChannels) list.Convolution($"{name}.nin_shortcut.conv", inChannels, outChannels, Shortcut);
    }
}
