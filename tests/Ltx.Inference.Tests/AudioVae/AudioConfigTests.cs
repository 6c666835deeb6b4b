using System.Text.Json.Nodes;
using Ltx.Inference.AudioVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.AudioVae;

public class AudioConfigTests
{
    [Fact]
    public void The_miniature_is_read_as_it_is_written()
    {
        ConfigSection config = ConfigSection.Parse(Miniature().ToJsonString(), "miniature");
        AudioVaeConfig vae = AudioVaeConfig.Read(config);
        Assert.Equal((16000, 160, 1024, 64, 64, 1, 4), (vae.SampleRate, vae.HopLength, vae.FilterLength, vae.MelBins, vae.BaseChannels, vae.ResidualBlocks, vae.LatentChannels));
        Assert.Equal((16, 25.0), (vae.LatentMelBins, vae.Scale.LatentsPerSecond));
        VocoderConfig vocoder = VocoderConfig.Read(config);
        Assert.Equal((160, 240, 3, 48000), (vocoder.Base.Ratio, vocoder.Extension.Ratio, vocoder.Ratio, vocoder.OutputRate));
    }

    [Theory]
    [InlineData("audio_vae.model.params.ddconfig", "norm_type", "\"group\"")]
    [InlineData("audio_vae.model.params.ddconfig", "causality_axis", "\"width\"")]
    [InlineData("audio_vae.model.params.ddconfig", "attn_resolutions", "[64]")]
    [InlineData("audio_vae.model.params.ddconfig", "mid_block_add_attention", "true")]
    [InlineData("audio_vae.model.params.ddconfig", "mid_block_add_attention", "null")]
    [InlineData("audio_vae.model.params.ddconfig", "double_z", "false")]
    [InlineData("audio_vae.model.params.ddconfig", "in_channels", "1")]
    [InlineData("audio_vae.model.params.ddconfig", "ch", "65")]
    [InlineData("audio_vae.model.params.ddconfig", "ch_mult", "[]")]
    [InlineData("audio_vae.model.params.ddconfig", "num_res_blocks", "-1")]
    [InlineData("audio_vae.preprocessing.stft", "hop_length", "0")]
    [InlineData("audio_vae.preprocessing.stft", "filter_length", "null")]
    [InlineData("vocoder.vocoder", "resblock", "\"1\"")]
    [InlineData("vocoder.vocoder", "activation", "\"snake\"")]
    [InlineData("vocoder.vocoder", "upsample_rates", "[5,2]")]
    [InlineData("vocoder.vocoder", "upsample_initial_channel", "32")]
    [InlineData("vocoder.bwe", "stereo", "false")]
    [InlineData("vocoder.bwe", "apply_final_activation", "true")]
    [InlineData("vocoder.bwe", "hop_length", "81")]
    [InlineData("vocoder.bwe", "output_sampling_rate", "44100")]
    [InlineData("vocoder", "bwe", "null")]
    public void Another_architecture_is_refused(string section, string key, string value)
    {
        JsonObject config = Miniature(), at = config;
        foreach (string part in section.Split('.')) at = at[part]!.AsObject();
        at[key] = JsonNode.Parse(value);
        ConfigSection parsed = ConfigSection.Parse(config.ToJsonString(), "changed");
        Assert.Throws<WeightsException>(() =>
        {
            AudioVaeConfig.Read(parsed);
            VocoderConfig.Read(parsed);
        });
    }

    private static JsonObject Miniature()
    {
        using SafetensorsFile file = SafetensorsFile.Open(ModelFolder.Open(Repository.Miniature).Checkpoint);
        return JsonNode.Parse(file.Metadata["config"])!.AsObject();
    }
}
