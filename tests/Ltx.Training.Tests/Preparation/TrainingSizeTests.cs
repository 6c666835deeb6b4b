using Ltx.Inference;
using Ltx.Inference.Latents;
using Ltx.Training.Preparation;

namespace Ltx.Training.Tests.Preparation;

public sealed class TrainingSizeTests
{
    private static readonly VideoScale Scale = new(8, 32, 32);

    private static readonly TrainingAspect[] Aspects = Enum.GetValues<TrainingAspect>();

    [Theory]
    [InlineData("Low", "640x352", "448x448", "352x640")]
    [InlineData("Medium", "960x544", "704x704", "544x960")]
    [InlineData("High", "1280x704", "928x928", "704x1280")]
    public void Words_are_sizes_on_the_grid(string resolution, string landscape, string square, string portrait)
    {
        TrainingResolution named = Enum.Parse<TrainingResolution>(resolution);
        Assert.Equal([landscape, square, portrait], Aspects.Select(aspect => Text(TrainingSize.Of(named, aspect, 89, Scale))));
    }

    [Fact]
    public void A_smaller_reference_must_lie_on_the_grid_too()
    {
        ReferenceScale half = new(Spatial: 2);
        PixelShape Size(TrainingResolution resolution, TrainingAspect aspect) => TrainingSize.Of(resolution, aspect, 89, Scale, half);
        Assert.Equal(["960x512", "640x640", "512x960"], Aspects.Select(aspect => Text(Size(TrainingResolution.Medium, aspect))));
        foreach (TrainingResolution resolution in Enum.GetValues<TrainingResolution>())
        {
            foreach (TrainingAspect aspect in Aspects) TrainingSize.Check(Size(resolution, aspect), Scale, half);
        }
    }

    [Fact]
    public void The_grid_is_the_model_s_own() =>
        Assert.Equal("960x540", Text(TrainingSize.Of(TrainingResolution.Medium, TrainingAspect.Landscape, 5, new VideoScale(4, 20, 16))));

    [Theory]
    [InlineData(100, 64, 9, 1, 1, "Clips of 100x64 pixels cannot be trained with: the sides must be multiples of 32 and 32.")]
    [InlineData(64, 0, 9, 1, 1, "Clips of 64x0 pixels cannot be trained with: the sides must be multiples of 32 and 32.")]
    [InlineData(
        96, 64, 9, 2, 1,
        "Clips of 96x64 pixels cannot be trained with: the sides must be multiples of 64 and 64, because references are 2 times smaller.")]
    [InlineData(64, 64, 10, 1, 1, "Clips of 10 frames cannot be trained with: their number must be one more than a multiple of 8.")]
    [InlineData(
        64, 64, 25, 1, 2,
        "Clips of 25 frames cannot be trained with: their number must be one more than a multiple of 16, because references have 2 times fewer.")]
    [InlineData(64, 64, 9, 0, 1, "A reference cannot be 0 times smaller with 1 times fewer frames: both must be at least 1.")]
    public void What_cannot_be_encoded_is_refused(int width, int height, int frames, int smaller, int fewer, string sentence)
    {
        PreparationOptions options = new([new PixelShape(frames, height, width)]) { Reference = new ReferenceScale(smaller, fewer) };
        InferenceException refused = Assert.Throws<InferenceException>(() => options.Check(Scale));
        Assert.Equal((sentence, Fault.Input), (refused.Message, refused.Fault));
    }

    // After _get_resolution_bucket_for_item of process_videos.py: shape, then frames, then pixels.
    [Theory]
    [InlineData(100, 1080, 1920, "960x544x49")]
    [InlineData(100, 1920, 1080, "544x960x49")]
    [InlineData(48, 1080, 1920, "960x544x25")]
    [InlineData(25, 500, 500, "768x768x25")]
    [InlineData(24, 500, 500, "512x512x17")]
    [InlineData(16, 500, 500, null)]
    public void Of_several_sizes_a_clip_goes_to_the_one_that_fits_it(int frames, int height, int width, string? size)
    {
        PixelShape[] sizes = [new(17, 512, 512), new(25, 512, 512), new(25, 768, 768), new(25, 544, 960), new(49, 544, 960), new(49, 960, 544)];
        Assert.Equal(size, Buckets.Nearest(sizes, frames, height, width) is { } found ? $"{Text(found)}x{found.Frames}" : null);
    }

    private static string Text(PixelShape size) => $"{size.Width}x{size.Height}";
}
