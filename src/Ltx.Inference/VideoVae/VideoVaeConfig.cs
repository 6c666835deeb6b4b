using Ltx.Inference.Latents;
using Ltx.Inference.Layers;
using Ltx.Inference.Weights;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// The <c>vae</c> section of a checkpoint's config. The convolutional video VAE of LTX-2.3 is built here; what its config may
/// switch on beyond that is refused. (ltx_core/model/video_vae/model_configurator.py, 400fd31)
/// </summary>
public sealed record VideoVaeConfig
{
    private const string Section = "vae";

    private static readonly Dictionary<string, Stride3d> Strides = new(StringComparer.Ordinal)
    {
        ["compress_time"] = new(2, 1, 1),
        ["compress_space"] = new(1, 2, 2),
        ["compress_all"] = new(2, 2, 2),
    };

    private VideoVaeConfig(ConfigSection checkpoint)
    {
        ConfigSection vae = checkpoint.Section(Section);
        vae.Expect("_class_name", "CausalVideoAutoencoder", "CausalVideoAutoencoder");
        vae.Expect("dims", 3, 3);
        vae.Expect("in_channels", 3, 3);
        vae.Expect("out_channels", 3, 3);
        vae.Expect("norm_layer", "pixel_norm", "pixel_norm");
        vae.Expect("latent_log_var", "uniform", "uniform");
        vae.Expect("causal_decoder", false, false);
        vae.Expect("use_quant_conv", false, false);
        vae.Expect("normalize_latent_channels", false, false);
        vae.Expect("scaling_factor", 1.0, 1.0);
        // The reference's defaults for these two are those of older models: absent is not good enough.
        vae.Expect("timestep_conditioning", false, true);
        vae.Expect("spatial_padding_mode", "zeros", "reflect");
        LatentChannels = Positive(vae, "latent_channels");
        PatchSize = Positive(vae, "patch_size", 4);
        // The encoder begins with latent_channels, whatever encoder_base_channels says: so does the reference.
        EncoderBlocks = Encoder(vae, LatentChannels);
        DecoderBaseChannels = Positive(vae, "decoder_base_channels", 128);
        DecoderBlocks = Decoder(vae, DecoderBaseChannels);
        Scale = ScaleOf(EncoderBlocks, PatchSize);
        VideoScale decoded = ScaleOf(DecoderBlocks, PatchSize);
        if (Scale != decoded) throw new WeightsException($"config.{Section}.encoder_blocks compress by {Scale}, and decoder_blocks expand by {decoded}.");
    }

    /// <summary>Channels of the latent; 128 in LTX-2.3.</summary>
    public int LatentChannels { get; }

    /// <summary>Side of the square of pixels that becomes channels before the first convolution; 4.</summary>
    public int PatchSize { get; }

    /// <summary>Channels at the decoder's end; 128.</summary>
    public int DecoderBaseChannels { get; }

    /// <summary>Compression from pixels to latent cells.</summary>
    public VideoScale Scale { get; }

    /// <summary>Channels between the decoder's first convolution and its first block.</summary>
    internal int DecoderFirstChannels => DecoderBlocks is [{ } first, ..] ? first.InChannels : DecoderBaseChannels;

    /// <summary>Channels between the decoder's last block and its last convolution.</summary>
    internal int DecoderLastChannels => DecoderBlocks is [.., { } last] ? last.OutChannels : DecoderBaseChannels;

    /// <summary>In the order in which they run.</summary>
    internal IReadOnlyList<VideoVaeBlock> EncoderBlocks { get; }

    /// <summary>In the order in which they run, which is the reverse of the order in the file.</summary>
    internal IReadOnlyList<VideoVaeBlock> DecoderBlocks { get; }

    /// <param name="checkpoint">the whole config of the checkpoint</param>
    /// <exception cref="WeightsException">A key is missing, or set to something that is not built here.</exception>
    public static VideoVaeConfig Read(ConfigSection checkpoint) => new(checkpoint);

    private static List<VideoVaeBlock> Encoder(ConfigSection vae, int channels)
    {
        const string Key = "encoder_blocks";
        List<VideoVaeBlock> blocks = [];
        foreach ((string name, ConfigSection options) in vae.NamedSections(Key))
        {
            string where = $"config.{Section}.{Key}[{blocks.Count}] ({name})";
            bool hasSkip = name.EndsWith("_res", StringComparison.Ordinal), widens = name == "compress_all_x_y";
            string plain = hasSkip ? name[..^"_res".Length] : widens ? "compress_all" : name;
            if (name == "res_x")
            {
                blocks.Add(new(VideoVaeBlockKind.Residual, Positive(options, "num_layers"), Stride3d.One, channels, channels));
            }
            else if (Strides.TryGetValue(plain, out Stride3d stride))
            {
                int multiplied = channels * (hasSkip || widens ? Positive(options, "multiplier", 2) : 1);
                if (hasSkip && (multiplied % stride.Count != 0 || channels * stride.Count % multiplied != 0))
                {
                    throw new WeightsException($"{where} cannot make {multiplied} channels of {channels}: multiplier does not fit.");
                }
                blocks.Add(new(hasSkip ? VideoVaeBlockKind.SpaceToDepth : VideoVaeBlockKind.StridedConv, 0, stride, channels, multiplied));
                channels = multiplied;
            }
            else
            {
                throw new WeightsException($"{where} is not a block that is built here.");
            }
        }
        return blocks;
    }

    private static List<VideoVaeBlock> Decoder(ConfigSection vae, int baseChannels)
    {
        const string Key = "decoder_blocks";
        IReadOnlyList<(string Name, ConfigSection Options)> listed = vae.NamedSections(Key);
        // Every multiplier divides the channels on the way out, so the way in begins with their product.
        int channels = listed.Where(block => Strides.ContainsKey(block.Name)).Aggregate(baseChannels, (product, block) => product * Positive(block.Options, "multiplier", 1));
        List<VideoVaeBlock> blocks = [];
        for (int i = listed.Count - 1; i >= 0; i--)
        {
            (string name, ConfigSection options) = listed[i];
            string where = $"config.{Section}.{Key}[{i}] ({name})";
            if (name == "res_x")
            {
                options.Expect("inject_noise", false, false);
                blocks.Add(new(VideoVaeBlockKind.Residual, Positive(options, "num_layers"), Stride3d.One, channels, channels));
            }
            else if (Strides.TryGetValue(name, out Stride3d stride))
            {
                int multiplier = Positive(options, "multiplier", 1);
                // Only compress_all listens to "residual" in the reference.
                bool hasSkip = name == "compress_all" && options.Bool("residual", false);
                if (hasSkip && (channels % stride.Count != 0 || stride.Count % multiplier != 0))
                {
                    throw new WeightsException($"{where} has residual, and its {channels} channels or its multiplier {multiplier} do not fit its stride.");
                }
                blocks.Add(new(VideoVaeBlockKind.DepthToSpace, 0, stride, channels, channels / multiplier, hasSkip));
                channels /= multiplier;
            }
            else
            {
                throw new WeightsException($"{where} is not a block that is built here.");
            }
        }
        return blocks;
    }

    private static VideoScale ScaleOf(IReadOnlyList<VideoVaeBlock> blocks, int patchSize) => new(
        blocks.Aggregate(1, (product, block) => product * block.Stride.Time),
        blocks.Aggregate(patchSize, (product, block) => product * block.Stride.Height),
        blocks.Aggregate(patchSize, (product, block) => product * block.Stride.Width));

    private static int Positive(ConfigSection section, string key, int? fallback = null)
    {
        int value = section.Int(key, fallback);
        return value > 0 ? value : throw new WeightsException($"config.{Section}: {key} is {value}, and must be positive.");
    }
}
