using System.Globalization;
using System.Text.Json;
using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Parity;
using Ltx.Training.Preparation;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

/// <summary>Clips and masks as the reference's own <c>process_videos.py</c> prepares them (tests/goldens-training/README.md).</summary>
public sealed class PreprocessingGoldenTests : IDisposable
{
    private static readonly VideoScale Scale = new(8, 32, 32);

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly GoldenCase golden = new(Path.Combine(Repository.TrainingGoldens, "cases", "preprocessing.safetensors"));

    public void Dispose()
    {
        golden.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData("wide")]
    [InlineData("tall")]
    public void A_clip_covers_its_bucket_and_is_cut_around_the_middle(string name)
    {
        Film film = new(golden.Tensor($"in.{name}.frames"));
        JsonElement about = golden.Value<JsonElement>("videos").GetProperty(name);
        PixelShape size = Assert.Single(Sizes(about.GetProperty("buckets").GetString()!));
        CoverCrop crop = CoverCrop.Of(film.Height, film.Width, size.Height, size.Width);

        Tensor video = new ClipVideo(size.Frames, new ClipTime(24, 24, 0)).Read(film, "the clip", crop, ScalarType.Float32, CancellationToken.None);

        Assert.Equal([1, 3, size.Frames, size.Height, size.Width], video.shape);
        long[] kept = [.. about.GetProperty("frames").EnumerateArray().Select(frame => frame.GetInt64())];
        Tensor expected = golden.Tensor($"out.{name}.video"), found = video[0].index_select(1, tensor(kept));
        float error = ((found - expected).norm() / expected.norm()).item<float>();
        double rounding = golden.Value<Dictionary<string, double>>("float32_relative_error")[$"out.{name}.video"];
        Assert.True(error <= 3 * rounding, $"They differ by {error}, where rounding makes {rounding}.");
    }

    [Fact]
    public void Every_clip_goes_to_the_same_bucket()
    {
        List<PixelShape> sizes = Sizes(golden.Text("buckets"));
        foreach ((int[] clip, int[]? chosen) in golden.Value<int[][]>("clips").Zip(golden.Value<int[]?[]>("chosen")))
        {
            PixelShape? found = Buckets.Nearest(sizes, clip[2], clip[1], clip[0]);
            Assert.Equal(chosen is [var width, var height, var frames] ? new PixelShape(frames, height, width) : null, found);
        }
    }

    [Fact]
    public void A_reference_has_the_same_size_and_frames()
    {
        JsonElement half = golden.Value<JsonElement>("half");
        PixelShape whole = Assert.Single(Sizes(half.GetProperty("buckets").GetString()!));
        TrainingSize.Check(whole, Scale, new ReferenceScale(Spatial: 2));
        Assert.Equal($"[[{whole.Width / 2}, {whole.Height / 2}, {whole.Frames}]]", half.GetProperty("scaled").GetRawText());
        foreach (JsonElement[] line in golden.Value<JsonElement[][]>("subsampled"))
        {
            (int frames, int factor) = (line[0].GetInt32(), line[1].GetInt32());
            Tensor kept = new ReferenceScale(Temporal: factor).Subsample(arange(frames).view(1, 1, frames, 1, 1));
            Assert.Equal(line[2].EnumerateArray().Select(frame => frame.GetInt64()), kept.ToArray<long>());
        }
    }

    /// <summary>A picture that is stretched to the size: the cells are the reference's, which calls white kept.</summary>
    [Fact]
    public void The_cells_of_a_picture_are_the_same()
    {
        (int frames, int height, int width) = Cells;
        Tensor picture = Grey(golden.Tensor("in.mask.image").unsqueeze(0));
        CoverCrop stretch = new(height * Scale.Height, width * Scale.Width, 0, 0, height * Scale.Height, width * Scale.Width);

        Tensor white = MaskCells.WhiteCells(stretch.ApplyToMask(picture), Scale);

        Assert.Equal(golden.Tensor("out.mask.image").ToArray<float>(), white.expand(frames, height, width).to(ScalarType.Float32).ToArray<float>());
    }

    /// <summary>
    /// Of a moving mask the cells of every frame are the reference's too; what ours makes of them differs by the groups of time alone, which are the
    /// VAE's. By ours the light of frame 9 falls into the third latent frame; by the reference's, where the VAE has frames 1 to 8.
    /// </summary>
    [Fact]
    public void The_groups_of_a_video_are_the_vae_s_and_not_the_reference_s()
    {
        (int frames, int height, int width) = Cells;
        Tensor video = Grey(golden.Tensor("in.mask.video"));
        long[] size = [height * Scale.Height, width * Scale.Width];
        Tensor white = MaskCells.WhiteCells(nn.functional.interpolate(video, size, mode: InterpolationMode.Nearest), Scale);

        // Filled up with black to whole eights.
        Tensor eights = cat([white, zeros(frames * Scale.Time - white.shape[0], height, width, ScalarType.Bool)]);
        Tensor theirs = eights.view(frames, Scale.Time, height, width).any(1), ours = MaskCells.Groups(white, Scale);

        Assert.Equal(golden.Tensor("out.mask.video").ToArray<float>(), theirs.to(ScalarType.Float32).ToArray<float>());
        Assert.Equal(white[0].ToArray<bool>(), ours[0].ToArray<bool>());
        for (int group = 1; group < frames; group++)
        {
            Tensor own = white.narrow(0, 1 + (group - 1) * Scale.Time, Scale.Time);
            Assert.Equal(own.any(0).ToArray<bool>(), ours[group].ToArray<bool>());
        }
        Assert.Equal((true, false, false, true), (Last(theirs[1]), Last(theirs[2]), Last(ours[1]), Last(ours[2])));

        static bool Last(Tensor cells) => cells[-1][-1].item<bool>();
    }

    private (int Frames, int Height, int Width) Cells
    {
        get
        {
            int[] cells = golden.Value<int[]>("mask_cells");
            return (cells[0], cells[1], cells[2]);
        }
    }

    // [F, 3, H, W] bytes -> [F, 1, H, W] from 0 to 1
    private static Tensor Grey(Tensor pictures) => (pictures.to(ScalarType.Float32) / 255).mean([1], keepdim: true);

    // WIDTHxHEIGHTxFRAMES;...
    private static List<PixelShape> Sizes(string buckets) =>
    [
        .. from bucket in buckets.Split(';')
           let numbers = bucket.Split('x').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray()
           select new PixelShape(numbers[2], numbers[1], numbers[0]),
    ];

    /// <summary>Frames of a case as a file.</summary>
    private sealed class Film(Tensor frames) : IMediaFile
    {
        public int Width => (int)frames.shape[3];

        public int Height => (int)frames.shape[2];

        public bool IsStill => false;

        public long? Frames => frames.shape[0];

        public double? FramesPerSecond => 24;

        public IEnumerable<byte[]> Read(int most, double framesPerSecond, CancellationToken cancellation) =>
            Enumerable.Range(0, (int)Math.Min(most, frames.shape[0])).Select(frame => frames[frame].permute(1, 2, 0).ToArray<byte>());

        public MaskPictures ReadMask(int most, double framesPerSecond, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
