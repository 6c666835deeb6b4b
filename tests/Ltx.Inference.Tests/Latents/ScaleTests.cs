using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Latents;

[Fast]
public class ScaleTests
{
    // 25 latent frames a second, as in LTX-2.3.
    private static readonly AudioScale Audio = new(16000, 160, 4);
    private static readonly VideoScale Video = new(8, 32, 32);

    [Theory]
    [InlineData(1, 50, 1)]
    [InlineData(1, 60, 1)]
    [InlineData(3, 50, 2)]
    [InlineData(5, 50, 2)]
    [InlineData(7, 50, 4)]
    [InlineData(121, 24, 126)]
    [InlineData(121, 25, 121)]
    [InlineData(9, 24, 9)]
    [InlineData(481, 60, 200)]
    public void Latent_frames_of_sound_are_rounded_and_halves_go_to_the_even_one(int frames, double rate, int latent) => Assert.Equal(latent, Audio.LatentFrames(frames, rate));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 2)]
    [InlineData(121, 16)]
    public void The_first_latent_frame_stands_for_one_frame(int frames, int latent)
    {
        Assert.Equal(latent, Video.LatentFrames(frames));
        Assert.Equal(frames, Video.Frames(latent));
        Assert.Equal(new LatentShape(latent, 2, 3), new PixelShape(frames, 64, 96).ToLatent(Video));
        Assert.Equal(new PixelShape(frames, 64, 96), new LatentShape(latent, 2, 3).ToPixels(Video));
        Assert.Equal(latent * 6, new LatentShape(latent, 2, 3).Tokens);
    }

    [Theory]
    [InlineData(8, 64, 64)]
    [InlineData(9, 65, 64)]
    [InlineData(9, 64, 48)]
    public void A_clip_off_the_grid_has_no_latent_shape(int frames, int height, int width) => Assert.Throws<ArgumentException>(() => new PixelShape(frames, height, width).ToLatent(Video));

    [Fact]
    public void Tokens_go_frame_by_frame_row_by_row_and_back()
    {
        using var scope = NewDisposeScope();
        Tensor video = arange(24, ScalarType.Float32).view(1, 2, 2, 2, 3), sound = arange(24, ScalarType.Float32).view(1, 2, 3, 4);
        Tensor tokens = Patchifier.VideoTokens(video);
        Assert.Equal([1, 12, 2], tokens.shape);
        Assert.Equal([7, 19], tokens[0, 7].data<float>().ToArray());
        Assert.True(Patchifier.VideoLatent(tokens, new LatentShape(2, 2, 3)).equal(video).all().item<bool>());
        Assert.Equal([1, 3, 8], Patchifier.AudioTokens(sound).shape);
        Assert.Equal([4, 5, 6, 7, 16, 17, 18, 19], Patchifier.AudioTokens(sound)[0, 1].data<float>().ToArray());
        Assert.True(Patchifier.AudioLatent(Patchifier.AudioTokens(sound), 2).equal(sound).all().item<bool>());
    }

    [Fact]
    public void Sound_and_picture_are_placed_in_the_same_seconds()
    {
        using var scope = NewDisposeScope();
        Tensor video = TokenPositions.Video(new LatentShape(16, 1, 1), Video, 24, CPU), sound = TokenPositions.Audio(126, Audio, CPU);
        Assert.Equal([1, 3, 16, 2], video.shape);
        Assert.Equal([1, 1, 126, 2], sound.shape);
        // The first latent frame is one frame long, the others eight; the first of the sound one mel frame, the others four.
        Assert.Equal([0, 1 / 24f], video[0, 0, 0].data<float>().ToArray());
        Assert.Equal(121 / 24.0, video[0, 0, 15, 1].item<float>(), 1e-5);
        Assert.Equal([0, 0.01f], sound[0, 0, 0].data<float>().ToArray());
        Assert.Equal(5.01, sound[0, 0, 125, 1].item<float>(), 1e-5);
    }
}
