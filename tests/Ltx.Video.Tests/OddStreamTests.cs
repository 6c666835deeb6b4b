using System.Globalization;
using System.Text;

namespace Ltx.Video.Tests;

/// <summary>Files as people have them: joined, damaged, begun in the middle, changing on the way, with tracks that nothing decodes.</summary>
public sealed class OddStreamTests(OddStreamTests.Films films) : IClassFixture<OddStreamTests.Films>, IDisposable
{
    private const int Rate = 48000;

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>All that the tests put together.</summary>
    public sealed class Films : IDisposable
    {
        private static readonly (string Name, string Size, string Format)[] Middles = [("size", "96x80", "yuv420p"), ("small", "48x32", "yuv420p"), ("format", "64x64", "yuv444p")];

        private readonly Media media = new();

        public Films()
        {
            string[] transport = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "24", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "segment", "-segment_time", "1", "-segment_format", "mpegts"];
            string[] ffv1 = ["-c:v", "ffv1"], gray = ["-f", "lavfi", "-i", "color=gray:s=64x64:r=24:d=0.5"];
            media.MakeAll(
            [
                new Film("seg%d.ts", [.. Drawn("testsrc2=s=64x64:r=24:d=2"), .. Drawn("sine=d=2")], transport),
                Numbered("broken.mp4", 0, 60, keyEvery: 1),
                Numbered("begin.h264", 0, 9),
                .. Middles.Select(middle => Numbered(middle.Name + ".h264", 9, 8, middle.Size, middle.Format)),
                Numbered("end.h264", 17, 8),
                .. new[] { "96x64", "64x64" }.Select(size => Film.Drawn(
                    size + ".m2v", $"testsrc2=s={size}:r=25:d=0.4", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-vf", "setfield=tff", "-bf", "0", "-g", "5", "-q:v", "2")),
                .. new[] { ("ts", "mp2"), ("mkv", "pcm_s16le") }.Select(kind => new Film(
                    "recorded." + kind.Item1,
                    [
                        .. Drawn("color=gray:s=64x64:r=24:d=2.5,drawbox=0:0:64:64:white:fill:enable='between(t,1.49,1.53)'"),
                        .. Drawn("aevalsrc='if(between(t,1.5,1.6),0.5*sin(2*PI*1000*t),0)':s=48000:d=2.5"),
                    ],
                    ["-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", kind.Item2])),
                // A tone of one amplitude in one channel, in two, in front left of six, each behind silence of half a second.
                .. new[] { ("S", "mono"), ("S|S", "stereo"), ("S|0|0|0|0|0", "5.1") }.Select(part => Film.Drawn(
                    part.Item2 + ".ac3",
                    $"aevalsrc={part.Item1.Replace("S", "if(gt(t\\,0.48)\\,0.4*sin(2*PI*600*t)\\,0)", StringComparison.Ordinal)}:c={part.Item2}:s=48000:d=0.96", "-c:a", "ac3", "-b:a", "448k")),
                new Film("sounds.mkv", [.. gray, .. Drawn("aevalsrc=0.2:s=48000:d=0.5"), .. Drawn("aevalsrc=0.6:s=48000:d=0.5")], [.. ffv1, "-c:a", "pcm_f32le", "-disposition:a:0", "default"]),
                new Film("pictures.mkv", [.. Drawn("color=gray:s=96x64:r=24:d=0.25"), .. Drawn("color=white:s=64x64:r=24:d=0.25")], ["-c:v", "mjpeg", "-disposition:v:0", "default"]),
                new Film("four.mkv", [.. gray, .. Drawn("aevalsrc=0.3*sin(2*PI*440*t)|0|0|0:d=0.5:c=4.0")], [.. ffv1, "-c:a", "libopus", "-mapping_family", "255"]),
                new Film("ten.mkv", [.. gray, "-f", "f32le", "-ar", "48000", "-ac", "10", "-i", media.TenChannels("ten.f32")], [.. ffv1, "-c:a", "pcm_f32le"]),
                .. new[] { "16640x64", "64x17000" }.Select(size => Film.Drawn(size + ".mkv", $"color=red:s={size}:r=24:d=0.05", ffv1)),
                .. new[] { "170/1", "1/200", "66000/1", "1/66000" }.Select(aspect => Film.Drawn(Wide(aspect), $"color=red:s=192x128:r=24:d=0.05,setsar={aspect}:max=100000", ffv1)),
            ]);
            Join("whole.m2v", "96x64.m2v", "64x64.m2v");
            Join("whole.ac3", "mono.ac3", "stereo.ac3", "5.1.ac3");
            foreach (var (name, _, _) in Middles)
            {
                Join(name + ".joined.h264", "begin.h264", name + ".h264", "end.h264");
            }

            // What is put together of packets.
            media.MakeAll(
            [
                .. Middles.Select(middle => new Film(middle.Name + ".mkv", ["-r", "24", "-f", "h264", "-i", media.Path(middle.Name + ".joined.h264")], ["-c", "copy"])),
                new Film("interlaced.mkv", ["-fflags", "+genpts", "-r", "25", "-f", "mpegvideo", "-i", media.Path("whole.m2v")], ["-c", "copy"]),
                new Film("layouts.mkv", [.. Drawn("color=gray:s=64x64:r=24:d=3"), "-f", "ac3", "-i", media.Path("whole.ac3")], [.. ffv1, "-c:a", "copy"]),
            ]);
            // Without most of the picture's first group. The times are to stay as they are, which is said of a whole run.
            media.MakeAll(
            [
                new Film("cut.ts", ["-copyts", "-i", media.Path("recorded.ts")], ["-c", "copy", "-bsf:v", "noise=drop='lt(n,8)'", "-muxdelay", "0"]),
                new Film("cut.mkv", ["-i", media.Path("recorded.mkv")], ["-c", "copy", "-bsf:v", "noise=drop='lt(n,8)'"]),
            ]);
        }

        public string Path(string name) => media.Path(name);

        public static string Wide(string aspect) => $"aspect {aspect.Replace('/', '-')}.mkv";

        public void Dispose() => media.Dispose();

        private static string[] Drawn(string graph) => ["-f", "lavfi", "-i", graph];

        /// <summary>H.264 without B-frames or loss; frame i has luma 16 + 8 (i mod 25).</summary>
        private static Film Numbered(string name, int first, int count, string size = "64x64", string format = "yuv420p", int keyEvery = 250) => Film.Drawn(
            name, $"color=black:s={size}:r=24,trim=end_frame={count},format={format},geq=lum='16+8*mod(N+{first},25)':cb=128:cr=128", "-c:v", "libx264",
            "-qp", "0", "-preset", "ultrafast", "-bf", "0", "-g", Text(keyEvery));

        private void Join(string name, params string[] parts) => File.WriteAllBytes(media.Path(name), [.. parts.SelectMany(part => File.ReadAllBytes(media.Path(part)))]);

        private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static int[] Numbers(IEnumerable<VideoFrame> frames) => [.. frames.Select(frame => (int)Math.Round(Media.Pixel(frame, 20, 20)[0] * 219 / 255.0 / 8))];

    /// <summary>Where sound begins behind silence, in seconds.</summary>
    private static double Onset(float[] samples) => (double)Array.FindIndex(samples, sample => Math.Abs(sample) > 0.05) / Rate;

    [Fact]
    public async Task Segments_joined_byte_by_byte_are_read_to_the_end()
    {
        var joined = media.Path("joined.ts");
        await File.WriteAllBytesAsync(
            joined, [.. await File.ReadAllBytesAsync(films.Path("seg0.ts"), Media.Cancelled), .. await File.ReadAllBytesAsync(films.Path("seg1.ts"), Media.Cancelled)], Media.Cancelled);
        var info = await Media.ProbeSourceAsync(joined);
        var (frames, found) = await Media.ReadSourceAsync(info, pixels: FramePixels.Yuv420);
        Assert.Equal((48, 0, true), (frames.Count, found.Concealed.Count, found.Suspect > 0));
        byte[] apart = [.. Media.Decoded([films.Path("seg0.ts"), films.Path("seg1.ts")]).SelectMany(part => part)];
        Assert.True(apart.AsSpan().SequenceEqual(frames.SelectMany(frame => frame.Pixels.ToArray()).ToArray()), "The frames are not those of the parts.");
        Assert.Equal(17, (await Media.ReadSourceAsync(info, maxFrames: 17)).Frames.Count);
        // As a mask, too: nothing of it is damaged.
        Assert.Equal(48, (await Media.ReadAllAsync(info, 24, pixels: FramePixels.Gray8)).Count);
        // The sound goes on over the join.
        var sound = (await AudioReader.ReadAsync(info, found.Start, Rate, 2, 2 * Rate, Media.Cancelled))!.Clip.Channels[0];
        Assert.All(Enumerable.Range(1, 18), tenth => Assert.True(sound.AsSpan(tenth * 4800, 4800).ToArray().Max() > 0.1, $"silent at {tenth / 10.0} s"));
    }

    [Fact]
    public async Task What_does_not_decode_is_concealed_up_to_a_fiftieth_of_the_frames()
    {
        var whole = films.Path("broken.mp4");
        var packets = Media.Run("ffprobe", ["-v", "error", "-show_entries", "packet=pos,size", "-of", "csv=p=0", whole])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',').Take(2).Select(long.Parse).Order().ToArray()).ToList();

        async Task<MediaInfo> BreakAsync(string name, params int[] broken)
        {
            var bytes = await File.ReadAllBytesAsync(whole, Media.Cancelled);
            foreach (var (size, position) in broken.Select(i => (packets[i][0], packets[i][1])))
            {
                bytes.AsSpan((int)position, (int)size).Fill(0xA5);
            }

            await File.WriteAllBytesAsync(media.Path(name), bytes, Media.Cancelled);
            return await Media.ProbeSourceAsync(media.Path(name));
        }

        var one = await BreakAsync("one.mp4", 30);
        var (frames, found) = await Media.ReadSourceAsync(one);
        Assert.Equal(60, frames.Count);
        // The frame before stands in its place.
        Assert.Equal([3, 4, 4, 6, 7], Numbers(frames.Skip(28).Take(5)));
        Assert.InRange(Assert.Single(found.Concealed), 26, 30);
        Assert.Equal(25, (await Media.ReadSourceAsync(one, maxFrames: 25)).Frames.Count);
        await Assert.ThrowsAsync<MediaException>(() => Media.ReadAllAsync(one, 24, pixels: FramePixels.Gray8));

        var error = await Assert.ThrowsAsync<MediaException>(async () => await Media.ReadSourceAsync(await BreakAsync("two.mp4", 30, 50)));
        Assert.Equal((MediaFault.Input, MediaProblem.Damaged), (error.Fault, error.Problem));
        Assert.Matches("^The source video is damaged or incomplete: 2 of its 60 frames cannot be decoded \\(at 1\\.\\d+ s, [12](\\.\\d+)? s\\), and at most 1 may be concealed; ", error.Message);
    }

    [Theory]
    [InlineData("size")]
    [InlineData("small")]
    [InlineData("format")]
    public async Task A_change_of_size_or_format_on_the_way_costs_no_frame(string what)
    {
        var info = await Media.ProbeSourceAsync(films.Path(what + ".mkv"));
        var (frames, found) = await Media.ReadSourceAsync(info);
        Assert.Equal(Enumerable.Range(0, 25), Numbers(frames));
        Assert.True(found.ChangesFormat);
        // A rate that holds state: each frame twice. A mask. A preview.
        Assert.Equal(Enumerable.Range(0, 25).SelectMany(i => new[] { i, i }), Numbers(await Media.ReadAllAsync(info, 48, pixels: FramePixels.Gray8)));
        var preview = await PreviewWriter.WriteAsync(info, media.Path("p.mp4"), 1000000, TimeSpan.FromSeconds(60), Media.Cancelled);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => i / 24.0), preview.Times, (expected, shown) => Math.Abs(expected - shown) < 0.002);
        Assert.Equal(Enumerable.Range(0, 25), Media.Decoded(media.Path("p.mp4"), 64 * 64 * 3 / 2).Select(frame => (int)Math.Round((frame[(20 * 64) + 20] - 16) / 8.0)));
    }

    [Fact]
    public async Task Interlaced_video_that_changes_keeps_its_frames_too()
    {
        var info = await Media.ProbeSourceAsync(films.Path("interlaced.mkv"));
        Assert.True(info.IsInterlaced);
        Assert.Equal(40, (await Media.ReadAllAsync(info, 50)).Count);
    }

    /// <param name="gone">packets of the picture that are missing in front: 0, or most of the first group</param>
    [Theory]
    [InlineData("ts", 0)]
    [InlineData("ts", 8)]
    [InlineData("mkv", 8)]
    public async Task A_recording_that_begins_between_key_frames_keeps_its_sound_in_step(string container, int gone)
    {
        var info = await Media.ProbeSourceAsync(films.Path((gone == 0 ? "recorded." : "cut.") + container));
        var (frames, found) = await Media.ReadSourceAsync(info, pixels: FramePixels.Gray8);
        Assert.Equal(gone == 0 ? 60 : 48, frames.Count);
        var flash = frames.FindIndex(frame => Media.Pixel(frame, 10, 10)[0] > 200) / 24.0;
        Assert.Equal(gone == 0 ? 1.5 : 1.0, flash, 1e-9);
        Assert.Equal(flash, Onset((await AudioReader.ReadAsync(info, found.Start, Rate, 2, 2 * Rate, Media.Cancelled))!.Clip.Channels[0]), 0.02);
    }

    [Fact]
    public async Task Sound_whose_layout_changes_stays_in_step_and_keeps_its_level()
    {
        var left = (await Media.HearAsync(await Media.ProbeSourceAsync(films.Path("layouts.mkv")), Rate, 3 * Rate))!.Clip.Channels[0];
        for (var part = 0; part < 3; part++)
        {
            var begin = (int)(part * 0.96 * Rate);
            Assert.Equal(0.48, Onset(left[(begin + 2000)..]) + (2000.0 / Rate), 0.02);
            Assert.InRange(left[(begin + 30000)..(begin + 40000)].Max(), 0.36, 0.44);
        }
    }

    /// <summary>A copy whose first tracks of the kind are renamed, so that no ffmpeg has a decoder for them.</summary>
    private async Task<string> UnknownAsync(string path, string codec, int tracks = 1)
    {
        var bytes = await File.ReadAllBytesAsync(path, Media.Cancelled);
        for (var track = 0; track < tracks; track++)
        {
            "QQQ"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(codec)) + 2));
        }

        await File.WriteAllBytesAsync(media.Path("unknown.mkv"), bytes, Media.Cancelled);
        return media.Path("unknown.mkv");
    }

    [Fact]
    public async Task The_first_sound_that_can_be_decoded_is_taken()
    {
        var path = films.Path("sounds.mkv");
        var both = (await Media.HearFromZeroAsync(path, Rate, 1000))!;
        Assert.Equal((0.2f, "The source video has 2 sound tracks; stream 1 (pcm_f32le, mono) is used."), (both.Clip.Channels[0][500], Assert.Single(both.Notes)));
        var second = (await Media.HearFromZeroAsync(await UnknownAsync(path, "A_PCM"), Rate, 1000))!;
        Assert.Equal(0.6, second.Clip.Channels[0][500], 1e-6);
        Assert.Matches(@"^The source video has 2 sound tracks; stream 2 \(pcm_f32le, .*\) is used, because stream 1 \(unknown, .*\) cannot be decoded or is empty\.$", Assert.Single(second.Notes));
        var none = await Assert.ThrowsAsync<MediaException>(async () => await Media.HearFromZeroAsync(await UnknownAsync(path, "A_PCM", tracks: 2), Rate, 1000));
        Assert.Equal("The sound of the source video is damaged or of an unknown kind; repair or re-encode it, or ask for a result without sound.", none.Message);
    }

    [Fact]
    public async Task The_first_picture_that_can_be_decoded_is_taken()
    {
        var path = films.Path("pictures.mkv");
        var first = await MediaProbe.ProbeAsync(path, role: "the mask", cancellationToken: Media.Cancelled);
        Assert.Equal((96, "The mask has 2 pictures; stream 0 (mjpeg, 96x64) is used."), (first.Width, first.Choice));
        var second = await MediaProbe.ProbeAsync(await UnknownAsync(path, "V_MJPEG"), role: "the mask", cancellationToken: Media.Cancelled);
        Assert.Equal((64, "The mask has 2 pictures; stream 1 (mjpeg, 64x64) is used, because 0 cannot be decoded."), (second.Width, second.Choice));
        Assert.Equal(6, (await Media.ReadAllAsync(second, 24)).Count);
    }

    [Fact]
    public async Task Ambisonic_sound_is_mixed()
    {
        var bytes = await File.ReadAllBytesAsync(films.Path("four.mkv"), Media.Cancelled);
        // Of Opus' channel mappings, 2 is ambisonic.
        bytes[bytes.AsSpan().IndexOf("OpusHead"u8) + 18] = 2;
        await File.WriteAllBytesAsync(media.Path("four.mkv"), bytes, Media.Cancelled);
        var sound = (await Media.HearFromZeroAsync(media.Path("four.mkv"), Rate, 20000))!;
        Assert.Equal("The sound of the source video is ambisonic (4 channels); what is left and right of the front is heard left and right.", Assert.Single(sound.Notes));
        Assert.All(sound.Clip.Channels, channel => Assert.InRange(channel[5000..15000].Max(), 0.135, 0.165));
    }

    [Fact]
    public async Task Ten_channels_of_no_known_place_are_heard() =>
        Assert.All((await Media.HearFromZeroAsync(films.Path("ten.mkv"), Rate, 20000))!.Clip.Channels, channel => Assert.True(channel[5000..15000].Max() > 0.1));

    [Theory]
    [InlineData("66000/1", "is 12672000x128 pixels (stored as 192x128, whose pixels are marked as 66000:1)")]
    [InlineData("1/66000", "is 192x8448000 pixels (stored as 192x128, whose pixels are marked as 1:66000)")]
    public async Task Pixels_of_an_absurd_shape_are_refused_with_the_bound(string aspect, string sentence)
    {
        var error = await Assert.ThrowsAsync<MediaException>(() => Media.ProbeSourceAsync(films.Path(Films.Wide(aspect))));
        Assert.Equal(
            (MediaFault.Input, MediaProblem.TooLarge, $"The source video {sentence}, and at most 67108864 pixels a frame are allowed."), (error.Fault, error.Problem, error.Message));
    }

    [Theory]
    [InlineData("16640x64", "1/1", "The source video is 16640x64 pixels, and at most 16384 pixels on a side can be written; cut it or scale it down.")]
    [InlineData("64x17000", "1/1", "The source video is 64x17000 pixels, and at most 16384 pixels on a side can be written; cut it or scale it down.")]
    [InlineData("192x128", "170/1", "The source video is 32640x128 pixels (stored as 192x128, whose pixels are marked as 170:1), and at most 16384 pixels on a side can be written; cut it or scale it down.")]
    [InlineData("192x128", "1/200", "The source video is 192x25600 pixels (stored as 192x128, whose pixels are marked as 1:200), and at most 16384 pixels on a side can be written; cut it or scale it down.")]
    public async Task Sides_that_cannot_be_written_are_refused_before_work(string size, string aspect, string sentence)
    {
        var info = await Media.ProbeSourceAsync(films.Path(aspect == "1/1" ? size + ".mkv" : Films.Wide(aspect)));
        var error = Assert.Throws<MediaException>(() => Sizing.OutputSize(info, 8192 * 8192));
        Assert.Equal((MediaFault.Input, MediaProblem.TooLong, sentence), (error.Fault, error.Problem, error.Message));
        // To be looked at it is only smaller.
        var preview = await PreviewWriter.FirstFrameAsync(info, 8192 * 8192, Media.Cancelled);
        Assert.True(preview.Length > 100);
    }
}
