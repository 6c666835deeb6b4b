using System.Text.Json.Nodes;
using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.VideoVae;

[Fast]
public class VideoVaeConfigTests
{
    [Fact]
    public void The_scale_comes_from_blocks_and_patches()
    {
        VideoVaeConfig config = Read(_ => { });
        Assert.Equal(new VideoScale(4, 8, 8), config.Scale);
        Assert.Equal((3, 9), (config.Scale.LatentFrames(9), config.Scale.Frames(3)));
    }

    [Theory]
    [InlineData("norm_layer", "\"group_norm\"")]
    [InlineData("timestep_conditioning", "true")]
    [InlineData("timestep_conditioning", "null")]
    [InlineData("causal_decoder", "true")]
    [InlineData("spatial_padding_mode", "\"reflect\"")]
    [InlineData("spatial_padding_mode", "null")]
    [InlineData("use_quant_conv", "true")]
    [InlineData("latent_log_var", "\"per_channel\"")]
    [InlineData("_class_name", "\"CausalDiffusionVAE\"")]
    [InlineData("dims", "2")]
    [InlineData("latent_channels", "null")]
    [InlineData("patch_size", "0")]
    [InlineData("encoder_blocks", """[["attn", {}]]""")]
    [InlineData("encoder_blocks", """[["compress_all_res", {"multiplier": 3}]]""")]
    [InlineData("encoder_blocks", """[["res_x", {}]]""", "num_layers")]
    [InlineData("decoder_blocks", """[["res_x_y", {}]]""")]
    [InlineData("decoder_blocks", """[["res_x", {"num_layers": 1, "inject_noise": true}]]""", "inject_noise")]
    [InlineData("decoder_blocks", """[["compress_time", {"multiplier": 0}]]""", "multiplier")]
    public void What_is_not_built_here_is_refused_by_name(string key, string value, string? named = null)
    {
        WeightsException refused = Assert.Throws<WeightsException>(() => Read(vae => vae[key] = JsonNode.Parse(value)));
        Assert.Contains(named ?? key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoder_and_decoder_must_agree_on_the_scale() =>
        Assert.Contains("decoder_blocks", Assert.Throws<WeightsException>(() => Read(vae => vae["decoder_blocks"] = new JsonArray())).Message, StringComparison.Ordinal);

    private static VideoVaeConfig Read(Action<JsonObject> change)
    {
        JsonObject config = SyntheticVae.Config();
        change(config["vae"]!.AsObject());
        return VideoVaeConfig.Read(ConfigSection.Parse(config.ToJsonString(), "test"));
    }
}
