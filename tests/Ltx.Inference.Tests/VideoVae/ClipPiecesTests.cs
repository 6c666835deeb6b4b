using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.VideoVae;

public class ClipPiecesTests : VideoVaeTest
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(100_000, false)]
    public void An_encoded_clip_is_the_same_in_pieces_and_in_either_layout(long elements, bool channelsLast)
    {
        using VideoEncoder whole = Encoder(), pieces = Encoder(new VideoVaeOptions(channelsLast, elements));
        Tensor video = Random(1, 3, 25, 64, 96);
        Near(whole.Encode(video), pieces.Encode(video));
    }

    [Theory]
    [InlineData(1, 4, false)]
    [InlineData(1, 4, true)]
    [InlineData(1, 1, false)]
    [InlineData(5_000, 9, false)]
    public void A_decoded_clip_is_the_same_in_pieces_and_in_either_layout(long elements, int latentFrames, bool channelsLast)
    {
        using VideoDecoder whole = Decoder(), pieces = Decoder(new VideoVaeOptions(channelsLast, elements));
        Tensor latent = Random(1, 8, latentFrames, 2, 3);
        Tensor expected = whole.Decode(latent);
        Assert.Equal([1, 3, 8 * (latentFrames - 1) + 1, 64, 96], expected.shape);
        Near(expected, pieces.Decode(latent));
        Near(expected, All(pieces.DecodePieces(latent)));
    }

    [Fact]
    public void The_layout_alone_changes_nothing()
    {
        using VideoEncoder encoder = Encoder(), lastEncoder = Encoder(new VideoVaeOptions(ChannelsLast: true));
        using VideoDecoder decoder = Decoder(), lastDecoder = Decoder(new VideoVaeOptions(ChannelsLast: true));
        Tensor video = Random(2, 3, 17, 64, 64);
        Tensor latent = encoder.Encode(video);
        Near(latent, lastEncoder.Encode(video));
        Near(decoder.Decode(latent), lastDecoder.Decode(latent));
    }

    [Fact]
    public void Long_clips_come_out_before_they_are_all_computed()
    {
        using VideoDecoder decoder = Decoder(new VideoVaeOptions(MaximumElements: 1));
        Assert.True(decoder.DecodePieces(Random(1, 8, 4, 1, 1)).Count() > 5);
    }

    [Fact]
    public void Encoding_is_causal()
    {
        using VideoEncoder encoder = Encoder();
        Tensor video = Random(1, 3, 17, 64, 64);
        Near(encoder.Encode(video).narrow(2, 0, 2), encoder.Encode(video.narrow(2, 0, 9)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void Strided_convolutions_and_skips_that_this_model_lacks_run_in_pieces_too(long elements)
    {
        using SyntheticFile file = SyntheticVae.Create();
        file.Write(SyntheticVae.Config());
        using Checkpoint checkpoint = Checkpoint.Open(file.Path);
        using VideoEncoder whole = VideoEncoder.Load(checkpoint, CPU, ScalarType.Float32), encoder = VideoEncoder.Load(checkpoint, CPU, ScalarType.Float32, new VideoVaeOptions(true, elements));
        using VideoDecoder wholeDecoder = VideoDecoder.Load(checkpoint, CPU, ScalarType.Float32), decoder = VideoDecoder.Load(checkpoint, CPU, ScalarType.Float32, new VideoVaeOptions(true, elements));
        Tensor video = Random(1, 3, 13, 16, 24);
        Tensor latent = whole.Encode(video);
        Assert.Equal([1, 6, 4, 2, 3], latent.shape);
        Near(latent, encoder.Encode(video));
        Tensor decoded = wholeDecoder.Decode(latent);
        Assert.Equal([1, 3, 13, 16, 24], decoded.shape);
        Near(decoded, decoder.Decode(latent));
    }

    [Theory]
    [InlineData(24, 64, 64)]
    [InlineData(25, 60, 64)]
    [InlineData(25, 64, 48)]
    public void Sizes_that_do_not_fit_are_refused(int frames, int height, int width)
    {
        using VideoEncoder encoder = Encoder();
        Assert.Throws<ArgumentException>(() => encoder.Encode(zeros([1, 3, frames, height, width])));
    }
}
