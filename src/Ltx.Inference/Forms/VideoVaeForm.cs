using Ltx.Inference.VideoVae;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of the video VAE, all below <c>vae.</c></summary>
internal static class VideoVaeForm
{
    private static readonly long[] Kernel = [3, 3, 3];

    public static TensorList Tensors(VideoVaeConfig config)
    {
        TensorList list = new();
        int patch = 3 * config.PatchSize * config.PatchSize, latent = config.LatentChannels;
        list.Convolution("vae.encoder.conv_in.conv", patch, latent, Kernel);
        Blocks(list, "vae.encoder.down_blocks", config.EncoderBlocks);
        // One channel more than the latent has: the logarithm of the variance.
        list.Convolution("vae.encoder.conv_out.conv", config.EncoderBlocks is [.., { } last] ? last.OutChannels : latent, latent + 1, Kernel);
        list.Convolution("vae.decoder.conv_in.conv", latent, config.DecoderFirstChannels, Kernel);
        Blocks(list, "vae.decoder.up_blocks", config.DecoderBlocks);
        list.Convolution("vae.decoder.conv_out.conv", config.DecoderLastChannels, patch, Kernel);
        list.Add("vae.per_channel_statistics.mean-of-means", TensorRole.Offset, latent);
        list.Add("vae.per_channel_statistics.std-of-means", TensorRole.Scale, latent);
        return list;
    }

    private static void Blocks(TensorList list, string name, IReadOnlyList<VideoVaeBlock> blocks)
    {
        for (int i = 0; i < blocks.Count; i++)
        {
            VideoVaeBlock block = blocks[i];
            switch (block.Kind)
            {
                case VideoVaeBlockKind.Residual:
                    for (int layer = 0; layer < block.Layers; layer++)
                    {
                        list.Convolution($"{name}.{i}.res_blocks.{layer}.conv1.conv", block.InChannels, block.OutChannels, Kernel);
                        list.Convolution($"{name}.{i}.res_blocks.{layer}.conv2.conv", block.OutChannels, block.OutChannels, Kernel);
                    }
                    break;
                case VideoVaeBlockKind.StridedConv:
                    list.Convolution($"{name}.{i}.conv", block.InChannels, block.OutChannels, Kernel);
                    break;
                case VideoVaeBlockKind.SpaceToDepth:
                    list.Convolution($"{name}.{i}.conv.conv", block.InChannels, block.OutChannels / block.Stride.Count, Kernel);
                    break;
                default:
                    list.Convolution($"{name}.{i}.conv.conv", block.InChannels, (long)block.OutChannels * block.Stride.Count, Kernel);
                    break;
            }
        }
    }
}
