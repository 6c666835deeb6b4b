using Ltx.Inference.AudioVae;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>Whether parts that are sound each by itself go together: what one gives is what the next one takes.</summary>
internal static class PartsFit
{
    /// <summary>What does not go together within a checkpoint; sentences that the file's name begins.</summary>
    /// <param name="config">the checkpoint's whole config</param>
    public static IEnumerable<string> Faults(ConfigSection config)
    {
        TransformerConfig transformer = TransformerConfig.From(config);
        AudioVaeConfig audio = AudioVaeConfig.Read(config);
        ConfigSection section = config.Section("transformer");
        return
        [
            .. Stream("video", transformer.Video, VideoVaeConfig.Read(config).LatentChannels, ConnectorConfig.Video(section)),
            .. Stream("audio", transformer.Audio, audio.LatentChannels * audio.LatentMelBins, ConnectorConfig.Audio(section)),
        ];
    }

    /// <summary>What of an upsampler does not go together with a checkpoint.</summary>
    /// <param name="upsampler">its config</param>
    /// <param name="config">the checkpoint's</param>
    public static IEnumerable<string> Faults(LatentUpsamplerConfig upsampler, ConfigSection config)
    {
        int channels = VideoVaeConfig.Read(config).LatentChannels;
        if (upsampler.LatentChannels != channels) yield return $"takes latents of {upsampler.LatentChannels} channels, and those of the video VAE have {channels}.";
        if (!upsampler.DoublesSidesAlone) yield return "is another upsampler than the pipeline needs: its second stage is twice as wide and high as the first, and as long.";
    }

    private static IEnumerable<string> Stream(string name, StreamConfig stream, int latent, ConnectorConfig connector)
    {
        if (stream.InChannels != latent) yield return $"has a transformer that takes {name} tokens of {stream.InChannels} channels, and those of its {name} VAE have {latent}.";
        if (stream.OutChannels != stream.InChannels) yield return $"has a transformer that takes {name} tokens of {stream.InChannels} channels, and gives {stream.OutChannels}.";
        if (connector.Features != stream.Features) yield return $"projects text to {stream.Features} features for {name}, and its connector takes {connector.Features}.";
        if (connector.Features != stream.ContextFeatures) yield return $"has a {name} connector that gives {connector.Features} features, and its transformer takes {stream.ContextFeatures}.";
    }
}
