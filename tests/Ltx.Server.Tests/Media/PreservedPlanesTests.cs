using Ltx.Inference.Generation;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>What lies beyond the mask, from the source's decoder to the result's: the same bytes, called the same, and no worse for the encoder than the source itself.</summary>
public sealed class PreservedPlanesTests(LoadedPipeline loaded, ITestOutputHelper output) : IClassFixture<LoadedPipeline>
{
    private const int Frames = 9, Feather = 12;

    private const string Chart = "a chart", Phone = "a phone's, upright";

    // What is beside the mask costs the encoder bits that what is beyond it would have had.
    private const double MostLost = 1.5;

    // Size of the picture as displayed, how it is made from what is drawn, and what it is told to be in the end.
    private static readonly Dictionary<string, (int Width, int Height, string[] Encoding, string Matrix, string Range, string Chroma)> Sources = new()
    {
        ["a scene"] = (384, 256, [], "bt709", "tv", "left"),
        [Chart] = (256, 160, ["-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"], "bt709", "tv", "left"),
        ["BT.601"] = (128, 96, ["-pix_fmt", "yuv420p", "-colorspace", "bt470bg", "-color_primaries", "bt470bg", "-color_trc", "gamma28"], "bt470bg", "tv", "left"),
        ["untagged SD"] = (128, 96, ["-pix_fmt", "yuv420p"], "smpte170m", "tv", "left"),
        ["full range"] = (128, 96, ["-vf", "scale=out_range=pc", "-pix_fmt", "yuvj420p", "-x264-params", "chromaloc=1"], "smpte170m", "pc", "center"),
        [Phone] = (96, 128, ["-pix_fmt", "yuv420p"], "smpte170m", "tv", "top"),
        ["59.94 fps"] = (128, 96, ["-pix_fmt", "yuv420p"], "smpte170m", "tv", "left"),
    };

    // The chart has a test of its own.
    public static TheoryData<string> Names => [.. Sources.Keys.Where(name => name != Chart)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Before_the_encoder_every_byte_beyond_the_feather_is_the_decoders(string name)
    {
        using TestFolder folder = new();
        await KeptAsync(folder, name);
    }

    [Fact]
    public async Task In_the_file_what_is_kept_is_as_good_as_in_a_plain_encode_of_the_source()
    {
        using TestFolder folder = new();
        (Planes planes, bool[][] near, List<byte[]> before, List<byte[]> result) = await KeptAsync(folder, Chart);
        // Fast spends no bits where they are seen: the long form tells its figure, and does not hold it to that.
        foreach (WriteMode mode in (WriteMode[])[WriteMode.Balanced, WriteMode.Small, .. LongForm.IsOn ? [WriteMode.Fast] : Array.Empty<WriteMode>()])
        {
            foreach (VideoQuality quality in new[] { VideoQuality.High, VideoQuality.Maximum })
            {
                double ours = planes.PsnrBeyond(near, before, await EncodedAsync(result, mode, quality)), plain = planes.PsnrBeyond(near, before, await EncodedAsync(before, mode, quality));
                output.WriteLine(FormattableString.Invariant($"{mode} {quality}: {ours:0.00} dB, the source itself {plain:0.00} dB"));
                Assert.True(mode == WriteMode.Fast || ours > plain - MostLost, $"{mode} {quality}: {ours:0.00} dB, and {plain:0.00} dB in an encode of the source.");
            }
        }

        async Task<List<byte[]>> EncodedAsync(List<byte[]> frames, WriteMode mode, VideoQuality quality)
        {
            VideoWriteOptions options = new() { Size = new FrameSize(planes.Width, planes.Height), FramesPerSecond = new FrameRate(24, 1), Planes = PlaneColours.Bt709, Mode = mode, Quality = quality };
            await VideoWriter.WriteAsync(folder.Named("encoded.mp4"), options, frames.Select(frame => (ReadOnlyMemory<byte>)frame).ToAsyncEnumerable(), null, TestContext.Current.CancellationToken);
            return Decoded(folder, folder.Named("encoded.mp4"), planes);
        }
    }

    [Fact]
    public async Task What_is_not_kept_bit_for_bit_is_said_with_its_reason()
    {
        using TestFolder folder = new();
        string source = TestMedia.Video(folder, "full.mkv", 64, 64, "24", 3, "-pix_fmt", "yuv444p", "-c:v", "ffv1"), mask = TestMedia.Make(folder, "black.png", "-f", "lavfi", "-i", "color=black:s=64x64", "-frames:v", "1");
        ClipResult made = await loaded.RunAsync(Job(folder, "any", source, mask));
        Assert.Contains("What is kept of the source video is not bit for bit what it stores, because it has chroma that is not halved both ways (yuv444p), and it is resampled.", made.Notes);
    }

    // Inpaints without loss, and holds every byte beyond the feather to the source's.
    private async Task<(Planes Planes, bool[][] Near, List<byte[]> Before, List<byte[]> After)> KeptAsync(TestFolder folder, string name)
    {
        (int width, int height, _, string matrix, string range, string chroma) = Sources[name];
        (string source, string mask) = await MakeAsync(folder, name);

        ClipResult made = await loaded.RunAsync(Job(folder, name, source, mask));

        Assert.DoesNotContain(made.Notes, note => note.Contains("bit for bit", StringComparison.Ordinal));
        Dictionary<string, string> told = TestMedia.Tell(folder.Named("result.mp4"), "v:0");
        Assert.Equal((matrix, range, chroma), (told["color_space"], told["color_range"], told["chroma_location"]));
        Planes planes = new(width, height);
        List<byte[]> before = Decoded(folder, source, planes, name == Phone ? "transpose=clock" : "null"), after = Decoded(folder, folder.Named("result.mp4"), planes);
        Assert.Equal((Frames, Frames), (before.Count, after.Count));
        Assert.All(before.Concat(after), frame => Assert.Equal(planes.Bytes, frame.Length));
        List<byte[]> masks = await TestMedia.FramesAsync(mask, FramePixels.Gray8);
        bool[][] near = planes.Near(masks, Feather), inside = planes.Near(masks, 0);
        for (int i = 0; i < Frames; i++)
        {
            int[] changed = [.. Enumerable.Range(0, planes.Bytes).Where(at => before[i][at] != after[i][at])];
            Assert.DoesNotContain(changed, at => !near[i][at]);
            Assert.True(changed.Count(at => inside[i][at]) > inside[i].Count(isInside => isInside) / 2, $"Frame {i} is the source's inside the mask.");
        }
        return (planes, near, before, after);
    }

    private static ClipJob Job(TestFolder folder, string name, string source, string mask) => new(source, mask, new GenerationParameters("a red disc") { Steps = 8, Seed = 1, GenerateAudio = false }, folder.Named("result.mp4"))
    {
        Frames = Frames, FramesPerSecond = name == "59.94 fps" ? 59.94 : 24, Quality = VideoQuality.Lossless, WriteMode = WriteMode.Fast,
    };

    private static async Task<(string Source, string Mask)> MakeAsync(TestFolder folder, string name)
    {
        (int width, int height, string[] encoding, _, _, _) = Sources[name];
        if (name == "a scene")
        {
            // The scenes are stored as RGB, so a camera's form of one is made first.
            Scene scene = (await Scene.ReadAsync(1))[0];
            string camera = TestMedia.Make(
                folder, "scene.mp4", "-i", scene.VideoFile, "-frames:v", "9", "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-c:v", "libx264", "-crf", "10",
                "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709");
            return (camera, scene.MaskFile);
        }
        string rate = name == "59.94 fps" ? "60000/1001" : "24", mask = TestMedia.Mask(folder, "mask.mp4", width, height, rate, Frames);
        bool turned = name == Phone;
        string source = TestMedia.Video(folder, "source.mp4", turned ? height : width, turned ? width : height, rate, Frames, ["-c:v", "libx264", .. encoding]);
        return (turned ? TestMedia.Rotated(folder, source, width) : source, mask);
    }

    // What ffmpeg's decoder gives, in no way changed but for quarter turns.
    private static List<byte[]> Decoded(TestFolder folder, string file, Planes planes, string turn = "null")
    {
        string raw = folder.Named("planes.raw");
        TestMedia.Run("ffmpeg", "-nostdin", "-v", "error", "-y", "-noautorotate", "-i", file, "-map", "0:v", "-vf", turn, "-frames:v", "9", "-f", "rawvideo", "-fps_mode", "passthrough", raw);
        return [.. File.ReadAllBytes(raw).Chunk(planes.Bytes)];
    }

    // The planes of a frame, and which of their bytes lie near a mask.
    private sealed record Planes(int Width, int Height)
    {
        public int Bytes => Width * Height * 3 / 2;

        // A byte of chroma is near where one of its four pixels is.
        public bool[][] Near(List<byte[]> masks, int reach) => [.. masks.Take(Frames).Select(mask =>
        {
            bool[] pixels = new bool[mask.Length], near = new bool[Bytes];
            for (int i = 0; i < mask.Length; i++)
            {
                if (mask[i] < InpaintRequest.LeastWhite) continue;
                for (int y = Math.Max(0, i / Width - reach); y <= Math.Min(Height - 1, i / Width + reach); y++)
                {
                    int from = Math.Max(0, i % Width - reach), to = Math.Min(Width - 1, i % Width + reach);
                    pixels.AsSpan(y * Width + from, to - from + 1).Fill(true);
                }
            }
            pixels.CopyTo(near, 0);
            for (int i = 0; i < pixels.Length; i++)
            {
                if (!pixels[i]) continue;
                int sample = mask.Length + i / Width / 2 * (Width / 2) + i % Width / 2;
                near[sample] = near[sample + mask.Length / 4] = true;
            }
            return near;
        })];

        public double PsnrBeyond(bool[][] near, List<byte[]> before, List<byte[]> after)
        {
            Assert.Equal(before.Count, after.Count);
            double sum = 0;
            long count = 0;
            for (int i = 0; i < before.Count; i++)
            {
                for (int at = 0; at < Bytes; at++)
                {
                    if (near[i][at]) continue;
                    sum += (before[i][at] - after[i][at]) * (before[i][at] - after[i][at]);
                    count++;
                }
            }
            return 10 * Math.Log10(255.0 * 255 * count / Math.Max(sum, 1e-9));
        }
    }
}
