using Ltx.Inference.Upsampler;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of a latent upsampler's file.</summary>
public static class UpsamplerForm
{
    private static readonly long[] Kernel = [3, 3, 3], FrameKernel = [3, 3];

    /// <param name="config">the <c>config</c> of the file's metadata</param>
    /// <exception cref="WeightsException">The config describes what is not built here.</exception>
    public static IReadOnlyList<ExpectedTensor> Tensors(ConfigSection config)
    {
        LatentUpsamplerConfig read = LatentUpsamplerConfig.Read(config);
        TensorList list = new();
        int channels = read.Channels;
        list.Convolution("initial_conv", read.LatentChannels, channels, Kernel);
        list.AffineNorm("initial_norm", channels);
        Blocks(list, "res_blocks", read);
        Resampler(list, read);
        Blocks(list, "post_upsample_res_blocks", read);
        list.Convolution("final_conv", channels, read.LatentChannels, Kernel);
        return [.. list];
    }

    private static void Blocks(TensorList list, string name, LatentUpsamplerConfig config)
    {
        for (int i = 0; i < config.Blocks; i++)
        {
            for (int half = 1; half <= 2; half++)
            {
                list.Convolution($"{name}.{i}.conv{half}", config.Channels, config.Channels, Kernel);
                list.AffineNorm($"{name}.{i}.norm{half}", config.Channels);
            }
        }
    }

    private static void Resampler(TensorList list, LatentUpsamplerConfig config)
    {
        long channels = config.Channels;
        switch (config.Kind)
        {
            case UpsamplerKind.Space:
                list.Convolution("upsampler.0", channels, 4 * channels, FrameKernel);
                break;
            case UpsamplerKind.RationalSpace:
                list.Convolution("upsampler.conv", channels, config.Up * config.Up * channels, FrameKernel);
                // The binomial kernel of five by five.
                list.Add("upsampler.blur_down.kernel", TensorRole.Filter, 1, 1, 5, 5);
                break;
            case UpsamplerKind.Time:
                list.Convolution("upsampler.0", channels, 2 * channels, Kernel);
                break;
            default:
                list.Convolution("upsampler.0", channels, 8 * channels, Kernel);
                break;
        }
    }
}
