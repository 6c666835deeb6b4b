using System.Text.Json.Nodes;

namespace Ltx.Inference.Tests.VideoVae;

/// <summary>A checkpoint of a VAE with blocks that neither LTX-2.3 nor the goldens have.</summary>
internal static class SyntheticVae
{
    /// <summary>Scale (4, 8, 8): latent of 6 channels, patches of 2; strided convolutions in the encoder, a skip in the decoder.</summary>
    public static SyntheticFile Create()
    {
        SyntheticFile file = new();
        Encoder(file);
        Decoder(file);
        file.Add("vae.per_channel_statistics.mean-of-means", 6);
        file.Add("vae.per_channel_statistics.std-of-means", 6);
        return file;
    }

    public static JsonObject Config() => new()
    {
        ["vae"] = JsonNode.Parse("""
            {
              "latent_channels": 6, "patch_size": 2, "decoder_base_channels": 4, "timestep_conditioning": false, "spatial_padding_mode": "zeros",
              "encoder_blocks": [["compress_all", {}], ["res_x", {"num_layers": 1}], ["compress_all_x_y", {"multiplier": 2}]],
              "decoder_blocks": [["res_x", {"num_layers": 1}], ["compress_time", {}], ["compress_all", {"multiplier": 2, "residual": true}], ["compress_space", {"multiplier": 2}]]
            }
            """),
    };

    private static void Encoder(SyntheticFile file)
    {
        file.AddConv("vae.encoder.conv_in.conv", 12, 6, 3, 3, 3);
        file.AddConv("vae.encoder.down_blocks.0.conv", 6, 6, 3, 3, 3);
        file.AddConv("vae.encoder.down_blocks.1.res_blocks.0.conv1.conv", 6, 6, 3, 3, 3);
        file.AddConv("vae.encoder.down_blocks.1.res_blocks.0.conv2.conv", 6, 6, 3, 3, 3);
        file.AddConv("vae.encoder.down_blocks.2.conv", 6, 12, 3, 3, 3);
        file.AddConv("vae.encoder.conv_out.conv", 12, 7, 3, 3, 3);
    }

    // 16 channels: base 4 times both multipliers.
    private static void Decoder(SyntheticFile file)
    {
        file.AddConv("vae.decoder.conv_in.conv", 6, 16, 3, 3, 3);
        file.AddConv("vae.decoder.up_blocks.0.conv.conv", 16, 8 * 4, 3, 3, 3);
        file.AddConv("vae.decoder.up_blocks.1.conv.conv", 8, 4 * 8, 3, 3, 3);
        file.AddConv("vae.decoder.up_blocks.2.conv.conv", 4, 4 * 2, 3, 3, 3);
        file.AddConv("vae.decoder.up_blocks.3.res_blocks.0.conv1.conv", 4, 4, 3, 3, 3);
        file.AddConv("vae.decoder.up_blocks.3.res_blocks.0.conv2.conv", 4, 4, 3, 3, 3);
        file.AddConv("vae.decoder.conv_out.conv", 4, 12, 3, 3, 3);
    }
}
