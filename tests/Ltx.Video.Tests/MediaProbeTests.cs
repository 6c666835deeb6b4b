namespace Ltx.Video.Tests;

public sealed class MediaProbeTests(MediaProbeTests.Films films, NumberedFilms numbered) : IClassFixture<MediaProbeTests.Films>, IDisposable
{
    private static readonly (string Name, string Codec)[] Sounds = [("s.m4a", "aac"), ("s.mp3", "libmp3lame"), ("s.wav", "pcm_s16le"), ("s.flac", "flac"), ("s.ogg", "libvorbis")];

    private static readonly string[] Containers = ["mp4", "mkv", "ts", "avi", "wmv"];

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IDisposable
    {
        private readonly Media media = new();

        public Films()
        {
            string[] tone = ["-f", "lavfi", "-i", "sine=d=1"];
            media.MakeAll(
            [
                new Film(
                    "whole.mp4", ["-f", "lavfi", "-i", "testsrc2=s=322x180:r=30000/1001:d=2", "-f", "lavfi", "-i", "sine=r=44100:d=2"],
                    ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-preset", "ultrafast"]),
                Film.Drawn("still.png", "color=red:s=80x60:d=0.04", "-frames:v", "1"),
                Film.Drawn("band.png", "color=red:s=2000x70:d=0.04", "-frames:v", "1"),
                Film.Drawn("dot.mkv", "color=red:s=2x2:r=24:d=0.2,format=gbrp,crop=1:1", "-c:v", "ffv1"),
                .. Sounds.Select(sound => new Film(sound.Name, tone, ["-c:a", sound.Codec, "-ac", "2"])),
                // The index in front, in MP4.
                .. Containers.Select(container => Film.Drawn(
                    "long." + container, "testsrc2=s=160x120:r=24:d=2", ["-c:v", "libx264", "-g", "12", .. container == "mp4" ? new[] { "-movflags", "+faststart" } : []])),
                Film.Drawn("index behind.mp4", "testsrc2=s=160x120:r=24:d=1", "-c:v", "libx264"),
                Film.Drawn("empty.mp4", "testsrc2=s=64x64:r=24:d=1", "-c:v", "libx264", "-frames:v", "0", "-movflags", "+frag_keyframe+empty_moov"),
                Film.Drawn("a.webp", "testsrc=s=64x64:r=10:d=0.5", "-c:v", "libwebp_anim"),
            ]);
            media.Make(
                "cover.mp3", [.. tone, "-i", media.Path("still.png"), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"]);
        }

        public string Path(string name) => media.Path(name);

        public void Dispose() => media.Dispose();
    }

    private static Task<MediaInfo> ProbeAsync(string path, string role = "the source video") =>
        MediaProbe.ProbeAsync(path, role: role, cancellationToken: Media.Cancelled);

    private static async Task RefusedAsync(Func<Task> act, string sentence, MediaFault fault = MediaFault.Input)
    {
        var error = await Assert.ThrowsAsync<MediaException>(act);
        Assert.Equal((fault, sentence), (error.Fault, error.Message));
    }

    [Fact]
    public async Task What_a_video_is_is_told()
    {
        var info = await ProbeAsync(films.Path("whole.mp4"));
        Assert.Equal((MediaKind.Video, 322, 180, 0, true), (info.Kind, info.Width, info.Height, info.Rotation, info.HasSquarePixels));
        Assert.Equal(new FrameRate(30000, 1001), info.AverageFrameRate);
        Assert.Equal(60, info.FrameCountEstimate);
        Assert.Equal(2.002, info.Duration.TotalSeconds, 1e-4);
        Assert.Equal(("yuv420p", 8, false, ColourTransfer.Standard), (info.PixelFormat, info.BitDepth, info.HasAlpha, info.Transfer));
        var sound = Assert.Single(info.AudioStreams);
        Assert.Equal((1, "aac", 44100, 1, true), (sound.Index, sound.Codec, sound.SampleRate, sound.Channels, sound.IsDefault));
        Assert.Same(info, info.RequireVideo());
    }

    [Fact]
    public async Task A_still_image_is_no_video()
    {
        var info = await ProbeAsync(films.Path("still.png"));
        Assert.Equal((MediaKind.StillImage, 80, 60), (info.Kind, info.Width, info.Height));
        await RefusedAsync(() => Task.FromResult(info.RequireVideo()), "The source video is a still image, and a video is needed.");
    }

    public static TheoryData<string> SoundNames => [.. Sounds.Select(sound => sound.Name)];

    [Theory]
    [MemberData(nameof(SoundNames))]
    public Task Sound_alone_is_refused(string name) => RefusedAsync(() => ProbeAsync(films.Path(name), "the mask"), "The mask has sound but no picture.");

    [Fact]
    public Task A_cover_picture_makes_no_video() => RefusedAsync(() => ProbeAsync(films.Path("cover.mp3")), "The source video has sound but no picture.");

    [Fact]
    public async Task What_is_not_there_or_not_media_is_refused()
    {
        await RefusedAsync(() => ProbeAsync(media.Path("none.mp4")), "The source video does not exist.");
        await RefusedAsync(() => ProbeAsync(media.Folder), "The source video is a folder, not a file.");
        await RefusedAsync(() => ProbeAsync(media.Text("e.mp4", string.Empty)), "The source video is empty, or is not a regular file.");
        await RefusedAsync(() => ProbeAsync(media.Text("t.mp4", "hello")), "The source video is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV.");
        await RefusedAsync(
            () => ProbeAsync(media.Text("h.mp4", "<html><body>Not found</body></html>")), "The source video is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV.");
    }

    [Fact]
    public async Task A_file_that_may_not_be_read_is_the_servers_fault()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Root may read everything.");
        var path = media.Text("a.mp4", "x");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        await RefusedAsync(() => ProbeAsync(path), "The source video cannot be read from the disk.", MediaFault.Server);
    }

    [Theory]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd\n")]
    [InlineData("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"/etc/passwd\"/></svg>")]
    [InlineData("v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n")]
    public async Task A_playlist_in_disguise_is_refused_by_its_first_bytes(string text) =>
        await RefusedAsync(() => ProbeAsync(media.Text("a.mp4", text)), "The source video is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV.");

    [Fact]
    public async Task A_playlist_behind_the_first_bytes_of_a_video_is_not_followed()
    {
        var real = numbered.Any;
        // Recognised as MPEG-TS by its sync bytes, yet a playlist to ffmpeg's own guess.
        var text = ("#EXTM3U\n#EXTINF:10,\nfile:" + real + "\n").PadRight(2000, '\n').ToCharArray();
        text[4] = text[4 + 192] = text[4 + 384] = 'G';
        await Assert.ThrowsAsync<MediaException>(() => ProbeAsync(media.Text("p.mp4", new string(text))));
        // And an MP4 whose data lies in another file is not read from there.
        var outside = media.Text("x.mp4", "\0\0\0\u0014ftypqt  #EXTM3U\n#EXTINF:10,\nfile:" + real + "\n");
        await Assert.ThrowsAsync<MediaException>(() => ProbeAsync(outside));
    }

    [Theory]
    [InlineData("-i.mp4")]
    [InlineData("a%03d.png")]
    [InlineData("a*.png")]
    [InlineData("concat:a|b.mp4")]
    [InlineData("http:__x.mp4")]
    [InlineData("a\" -f lavfi -i \"testsrc.mp4")]
    [InlineData("ends with a backslash\\")]
    [InlineData("a\\\"b.mp4")]
    [InlineData(" space and 'quote' $(touch x) `y` \n line.mp4")]
    public async Task A_hostile_name_is_only_a_name(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        var path = media.Path(name);
        if (name.EndsWith("png", StringComparison.Ordinal))
        {
            await PngWriter.WriteAsync(path, new FrameSize(64, 64), [Media.NumberedFrames(NumberedFilms.Size, NumberedFilms.Count).Last()], cancellationToken: Media.Cancelled);
        }
        else
        {
            File.Copy(numbered.Any, path);
        }

        Assert.Equal(NumberedFilms.Count - 1, Media.Pixel((await Media.ReadAllAsync(path, 24))[^1], 3, 3)[0]);
        Assert.Equal([name], media.Names());
    }

    [Theory]
    [InlineData("mp4", 0.5)]
    [InlineData("mp4", 0.97)]
    [InlineData("mkv", 0.5)]
    [InlineData("ts", 0.5)]
    [InlineData("avi", 0.5)]
    public async Task A_cut_off_file_is_an_error_after_the_frames_that_are_whole(string container, double kept)
    {
        var bytes = await File.ReadAllBytesAsync(films.Path("long." + container), Media.Cancelled);
        var path = media.Path("cut." + container);
        await File.WriteAllBytesAsync(path, bytes[..(int)(bytes.Length * kept)], Media.Cancelled);
        var info = await ProbeAsync(path);
        var error = await Assert.ThrowsAsync<MediaException>(() => Media.ReadAllAsync(info, 24));
        Assert.Equal(MediaFault.Input, error.Fault);
        Assert.StartsWith("The source video is damaged or incomplete: ", error.Message, StringComparison.Ordinal);
        // What lies before the damage may be asked for by itself.
        Assert.Equal(4, (await Media.ReadAllAsync(info, 24, maxFrames: 4)).Count);
    }

    // Exactly between two packets nothing is broken off: that more was to come is said by the container alone, to ffmpeg or to us.
    [Theory]
    [InlineData("mp4", 0)]
    // A block's own head goes before what ffprobe calls its place.
    [InlineData("mkv", -3)]
    [InlineData("mkv", 0)]
    [InlineData("avi", 0)]
    [InlineData("avi", 8)]
    // It does not say how many frames it has.
    [InlineData("wmv", 0, ", and could not be decoded to the end")]
    public async Task A_file_that_ends_between_two_of_its_frames_is_cut_off_too(
        string container, int more, string what = "of its 48 frames cannot be decoded")
    {
        var path = media.Path("cut." + container);
        var whole = await File.ReadAllBytesAsync(films.Path("long." + container), Media.Cancelled);
        var places = Media.Run("ffprobe", ["-v", "error", "-show_entries", "packet=pos", "-of", "csv=p=0", films.Path("long." + container)])
            .Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Order().ToList();
        var place = places[24] + more;
        await File.WriteAllBytesAsync(path, whole[..place], Media.Cancelled);
        var info = await ProbeAsync(path);
        var error = await Assert.ThrowsAsync<MediaException>(() => Media.ReadAllAsync(info, 24));
        Assert.StartsWith("The source video is damaged or incomplete", error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkv")]
    [InlineData("avi")]
    public async Task A_container_may_be_wrong_by_some_bytes_where_all_frames_are_there(string container)
    {
        var bytes = await File.ReadAllBytesAsync(films.Path("long." + container), Media.Cancelled);
        var path = media.Path("short." + container);
        await File.WriteAllBytesAsync(path, bytes[..^4], Media.Cancelled);
        Assert.Equal(48, (await Media.ReadAllAsync(await ProbeAsync(path), 24)).Count);
    }

    [Fact]
    public async Task A_file_without_its_index_is_damaged()
    {
        var bytes = await File.ReadAllBytesAsync(films.Path("index behind.mp4"), Media.Cancelled);
        var path = media.Path("a.mp4");
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)], Media.Cancelled);
        await RefusedAsync(
            () => ProbeAsync(path), "The source video is damaged or incomplete, and could not be decoded to the end; repair or re-encode it.");
    }

    [Fact]
    public async Task Bytes_broken_in_the_middle_are_an_error()
    {
        var bytes = await File.ReadAllBytesAsync(films.Path("long.mp4"), Media.Cancelled);
        var path = media.Path("a.mp4");
        Array.Clear(bytes, bytes.Length / 2, 3000);
        await File.WriteAllBytesAsync(path, bytes, Media.Cancelled);
        var info = await ProbeAsync(path);
        var error = await Assert.ThrowsAsync<MediaException>(() => Media.ReadAllAsync(info, 24));
        Assert.Matches(@"^The source video is damaged or incomplete: [1-9]\d* of its 48 frames cannot be decoded \(at .* s.*\), and at most 0 may be concealed; repair", error.Message);
    }

    [Theory]
    [InlineData("empty.mp4", "")]
    [InlineData("none.y4m", "YUV4MPEG2 W128 H128 F24:1 Ip A1:1 C420\n")]
    public async Task A_video_without_frames_is_refused(string name, string content)
    {
        var path = content.Length == 0 ? films.Path(name) : media.Text(name, content);
        var error = await Assert.ThrowsAsync<MediaException>(async () => await Media.ReadAllAsync(await ProbeAsync(path), 24));
        Assert.Equal(MediaFault.Input, error.Fault);
        Assert.StartsWith("The source video ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Giant_pictures_are_refused()
    {
        await RefusedAsync(
            () => MediaProbe.ProbeAsync(films.Path("whole.mp4"), new MediaLimits { MaxSourcePixels = 50_000 }, cancellationToken: Media.Cancelled),
            "The file has pictures of more than 50000 pixels, and no larger ones are allowed.");
    }

    [Fact]
    public async Task Animated_webp_is_refused_by_name()
    {
        await RefusedAsync(() => ProbeAsync(films.Path("a.webp")), "The source video is an animated WebP, which cannot be decoded; send it as MP4, WebM or GIF.");
    }

    [Theory]
    [InlineData(1920, 1080, 2088960, 1920, 1080)]
    [InlineData(3840, 2160, 2088960, 1926, 1082)]
    [InlineData(127, 65, 2088960, 126, 64)]
    [InlineData(1080, 1920, 518400, 540, 960)]
    public async Task The_output_has_the_sources_size_rounded_down_to_even(int width, int height, long most, int outWidth, int outHeight)
    {
        var size = Sizing.OutputSize(await ProbeAsync(films.Path("still.png")) with { Width = width, Height = height }, most);
        Assert.Equal(new FrameSize(outWidth, outHeight), size);
        Assert.True(size.Pixels <= most);
    }

    [Fact]
    public async Task Too_small_sizes_are_refused()
    {
        var info = await ProbeAsync(films.Path("dot.mkv"));
        await RefusedAsync(
            () => Task.FromResult(Sizing.OutputSize(info, 1000)), "The source video is 1x1 pixels, and at least 64 pixels on each side are needed.");
        var band = await ProbeAsync(films.Path("band.png"));
        await RefusedAsync(
            () => Task.FromResult(Sizing.OutputSize(band, 40000)),
            "The source video is 2000x70 pixels, which scaled down to the limit of 40000 pixels leaves 1068x36, and at least 64 pixels on each side are needed.");
    }

    [Theory]
    [InlineData(23.976, "24000/1001")]
    [InlineData(23.98, "24000/1001")]
    [InlineData(24, "24/1")]
    [InlineData(29.97, "30000/1001")]
    [InlineData(29.97003, "30000/1001")]
    [InlineData(59.94, "60000/1001")]
    [InlineData(12.5, "25/2")]
    [InlineData(12.345, "2469/200")]
    [InlineData(1, "1/1")]
    [InlineData(0.5, "1/2")]
    public void A_decimal_rate_is_the_fraction_that_is_meant(double rate, string fraction) =>
        Assert.Equal(fraction, FrameRate.FromDouble(rate).ToString());

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_rate_that_is_none_is_refused(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => FrameRate.FromDouble(rate));
}
