using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.VideoVae;

[Collection(Alone.Name)]
public class LiveTensorTests : VideoVaeTest
{
    [Fact]
    public void Nothing_lives_on()
    {
        long before = LiveTensors.Before();
        using (Tensor video = zeros([1, 3, 17, 64, 64]).DetachFromDisposeScope())
        {
            using VideoEncoder encoder = Encoder(new VideoVaeOptions(MaximumElements: 1));
            using VideoDecoder decoder = Decoder(new VideoVaeOptions(ChannelsLast: true, MaximumElements: 1));
            using LatentUpsampler upsampler = LatentUpsampler.Load(ModelFolder.Open(Path.Combine(Repository.Goldens, "model")).Upscaler, CPU, ScalarType.Float32);
            long loaded = Tensor.TotalCount;
            using (NewDisposeScope())
            {
                Tensor latent = encoder.Encode(video);
                Assert.Equal(loaded + 1, Tensor.TotalCount);
                Tensor decoded = decoder.Decode(latent);
                Assert.Equal(loaded + 2, Tensor.TotalCount);
                Tensor larger = upsampler.Upsample(latent, encoder.Statistics);
                Assert.Equal(loaded + 3, Tensor.TotalCount);
                foreach (Tensor chunk in decoder.DecodeTiled(latent, new VideoTiling(new AxisTiling(16, 8), AxisTiling.None, new AxisTiling(64, 32)))) chunk.Dispose();
                Assert.Equal(loaded + 3, Tensor.TotalCount);
                // Left in the middle.
                decoder.DecodePieces(latent).First().Dispose();
                decoder.DecodeTiled(latent, new VideoTiling(new AxisTiling(16, 8), AxisTiling.None, AxisTiling.None)).First().Dispose();
                Assert.Equal(loaded + 3, Tensor.TotalCount);
            }
            Assert.Equal(loaded, Tensor.TotalCount);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Pieces_outlive_the_scopes_of_whoever_takes_them()
    {
        using VideoDecoder decoder = Decoder(new VideoVaeOptions(MaximumElements: 1));
        Tensor latent = Random(1, 8, 3, 1, 1);
        int frames = 0;
        foreach (Tensor piece in decoder.DecodePieces(latent))
        {
            using var scope = NewDisposeScope();
            frames += (int)piece.add(1).shape[2];
            piece.Dispose();
        }
        Assert.Equal(17, frames);
    }

    [Fact]
    public void A_file_that_lacks_a_tensor_is_refused_by_its_name_and_leaves_nothing()
    {
        long before = LiveTensors.Before();
        using SyntheticFile file = SyntheticVae.Create();
        file.Remove("vae.decoder.up_blocks.1.conv.conv.bias");
        file.Add("vae.encoder.conv_in.conv.scale", 1);
        file.Write(SyntheticVae.Config());
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        Assert.Contains("vae.decoder.up_blocks.1.conv.conv.bias", Assert.Throws<WeightsException>(() => VideoDecoder.Load(checkpoint, CPU, ScalarType.Float32)).Message, StringComparison.Ordinal);
        Assert.Contains("vae.encoder.conv_in.conv.scale", Assert.Throws<WeightsException>(() => VideoEncoder.Load(checkpoint, CPU, ScalarType.Float32)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Tensor.TotalCount);
    }
}
