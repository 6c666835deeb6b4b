using Ltx.Inference.Weights;

namespace Ltx.Inference.Upsampler;

/// <summary>
/// The config in an upsampler file's metadata. Absent keys have the reference's defaults
/// (ltx_core/model/upsampler/model_configurator.py, 400fd31).
/// </summary>
public sealed record LatentUpsamplerConfig
{
    /// <summary>Groups of every group norm in the network. (upsampler/model.py, 400fd31)</summary>
    internal const int NormGroups = 32;

    private LatentUpsamplerConfig(ConfigSection config)
    {
        config.Expect("_class_name", "LatentUpsampler", "LatentUpsampler");
        config.Expect("dims", 3, 3);
        LatentChannels = Positive(config, "in_channels", 128);
        Channels = Positive(config, "mid_channels", 512);
        Blocks = config.Int("num_blocks_per_stage", 4);
        if (Blocks < 0) throw new WeightsException($"config: num_blocks_per_stage is {Blocks}, and must not be negative.");
        if (Channels % NormGroups != 0) throw new WeightsException($"config: mid_channels is {Channels}, and must be a multiple of {NormGroups}.");
        bool space = config.Bool("spatial_upsample", true), time = config.Bool("temporal_upsample", false);
        bool rational = config.Bool("rational_resampler", false);
        double scale = config.Double("spatial_scale", 2.0);
        Kind = (space, time, rational) switch
        {
            (true, true, _) => UpsamplerKind.SpaceAndTime,
            (true, false, true) => UpsamplerKind.RationalSpace,
            (true, false, false) => UpsamplerKind.Space,
            (false, true, _) => UpsamplerKind.Time,
            _ => throw new WeightsException("config: neither spatial_upsample nor temporal_upsample is set."),
        };
        (Up, Down) = Kind == UpsamplerKind.RationalSpace ? Rational(scale) : (space ? 2 : 1, 1);
        // The reference would double the size whatever the file says; a file that says otherwise is not understood here.
        if (space && Kind != UpsamplerKind.RationalSpace && scale != 2.0) throw new WeightsException($"config: spatial_scale is {scale}, and without rational_resampler only 2 is built here.");
    }

    /// <summary>Channels of the latent.</summary>
    public int LatentChannels { get; }

    /// <summary>Channels inside the network.</summary>
    public int Channels { get; }

    /// <summary>Residual blocks before and after the size changes.</summary>
    public int Blocks { get; }

    internal UpsamplerKind Kind { get; }

    /// <summary>By how much rows and columns are multiplied before they are divided by <see cref="Down"/>.</summary>
    public int Up { get; }

    /// <summary>By how much rows and columns are divided, rounding up.</summary>
    public int Down { get; }

    /// <summary>Whether it makes rows and columns twice as many, and leaves the number of frames.</summary>
    internal bool DoublesSidesAlone => Kind is UpsamplerKind.Space or UpsamplerKind.RationalSpace && (Up, Down) == (2, 1);

    /// <exception cref="WeightsException">A key is set to something that is not built here.</exception>
    public static LatentUpsamplerConfig Read(ConfigSection config) => new(config);

    // The four that exist: upsampler/spatial_rational_resampler.py, 400fd31.
    private static (int Up, int Down) Rational(double scale) => scale switch
    {
        0.75 => (3, 4),
        1.5 => (3, 2),
        2.0 => (2, 1),
        4.0 => (4, 1),
        _ => throw new WeightsException($"config: spatial_scale is {scale}, and only 0.75, 1.5, 2 and 4 are built here."),
    };

    private static int Positive(ConfigSection config, string key, int fallback)
    {
        int value = config.Int(key, fallback);
        return value > 0 ? value : throw new WeightsException($"config: {key} is {value}, and must be positive.");
    }
}
