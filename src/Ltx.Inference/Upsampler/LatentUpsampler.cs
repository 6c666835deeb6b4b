using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Upsampler;

/// <summary>
/// Makes a latent larger between the two stages of sampling: convolutions over plain, not normalised latents, padded with zeros and
/// not causal. (ltx_core/model/upsampler/model.py, 400fd31)
/// </summary>
public sealed class LatentUpsampler : IDisposable
{
    private readonly TensorArchive archive;
    private readonly ComponentWeights weights;
    private readonly Conv3d initialConv;
    private readonly GroupNorm initialNorm;
    private readonly UpsamplerBlock[] before;
    private readonly Resampler resampler;
    private readonly UpsamplerBlock[] after;
    private readonly Conv3d finalConv;
    private readonly bool channelsLast;

    /// <param name="archive">this owns it</param>
    /// <param name="channelsLast">whether convolutions compute with channels side by side, as CUDA's want it; norms give planes back</param>
    internal LatentUpsampler(TensorArchive archive, LatentUpsamplerConfig config, Device device, ScalarType type, bool channelsLast)
    {
        (this.archive, this.channelsLast) = (archive, channelsLast);
        Config = config;
        weights = new ComponentWeights(archive, "", device, type);
        try
        {
            WeightScope root = weights.Root;
            initialConv = new Conv3d(root["initial_conv"], Config.LatentChannels, Config.Channels, Conv3dKind.ZeroPaddedTime, channelsLast: channelsLast);
            initialNorm = new GroupNorm(root["initial_norm"], LatentUpsamplerConfig.NormGroups, Config.Channels);
            before = Blocks(root["res_blocks"]);
            resampler = new Resampler(root["upsampler"], Config, channelsLast);
            after = Blocks(root["post_upsample_res_blocks"]);
            finalConv = new Conv3d(root["final_conv"], Config.Channels, Config.LatentChannels, Conv3dKind.ZeroPaddedTime, channelsLast: channelsLast);
            weights.Complete();
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public LatentUpsamplerConfig Config { get; }

    /// <param name="path">the upsampler's own safetensors file, with its config in the metadata</param>
    /// <exception cref="WeightsException">It is no upsampler, asks for what is not built here, or a tensor is missing, misshapen or left over.</exception>
    public static LatentUpsampler Load(string path, Device device, ScalarType type) => Load(TensorArchive.Open(path), device, type);

    /// <summary>The upsampler of a model.</summary>
    /// <exception cref="WeightsException">The same.</exception>
    public static LatentUpsampler Load(ModelFolder model, Device device, ScalarType type) => Load(TensorArchive.Of(model.Files.Open(model.Upscaler)), device, type);

    internal static LatentUpsampler Load(TensorArchive archive, Device device, ScalarType type, bool? channelsLast = null)
    {
        try
        {
            string config = archive.Files[0].Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{archive.Name} is no latent upsampler: its metadata has no config.");
            LatentUpsamplerConfig read = LatentUpsamplerConfig.Read(ConfigSection.Parse(config, archive.Name));
            return new LatentUpsampler(archive, read, device, type, channelsLast ?? device.type == TorchSharp.DeviceType.CUDA);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Un-normalises, enlarges, normalises again.</summary>
    /// <param name="latent">[B, C, F, H, W], normalised, on the component's device</param>
    /// <param name="statistics">those of the VAE that the latent belongs to</param>
    /// <returns>[B, C, F', H', W'], normalised, in the latent's type: 2H and 2W for the x2 one, 2F - 1 where time is doubled</returns>
    public Tensor Upsample(Tensor latent, ChannelStatistics statistics)
    {
        using var scope = NewDisposeScope();
        Tensor larger = Forward(statistics.Unnormalize(latent).to(weights.Type));
        return statistics.Normalize(larger.to(latent.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>The network alone.</summary>
    /// <param name="latent">[B, C, F, H, W], not normalised, in the component's type, on its device</param>
    /// <returns>[B, C, F', H', W'], not normalised</returns>
    public Tensor Forward(Tensor latent)
    {
        using var scope = NewDisposeScope();
        Tensor x = initialNorm.Forward(initialConv.Forward(latent)).silu_();
        x = Through(before, x);
        x = resampler.Forward(x);
        x = Through(after, x);
        return finalConv.Forward(x).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        weights.Dispose();
        archive.Dispose();
    }

    private UpsamplerBlock[] Blocks(WeightScope scope) =>
        [.. Enumerable.Range(0, Config.Blocks).Select(i => new UpsamplerBlock(scope[i], Config.Channels, channelsLast))];

    private static Tensor Through(UpsamplerBlock[] blocks, Tensor x)
    {
        foreach (UpsamplerBlock block in blocks)
        {
            Tensor next = block.Forward(x);
            x.Dispose();
            x = next;
        }
        return x;
    }
}
