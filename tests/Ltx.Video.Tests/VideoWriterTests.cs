namespace Ltx.Video.Tests;

public sealed class VideoWriterTests : IDisposable
{
    private static readonly FrameSize Size = new(64, 64);

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    private static VideoWriteOptions Options(int? frames = null) => new() { Size = Size, FramesPerSecond = new(24, 1), FrameCount = frames, Mode = WriteMode.Fast };

    private static AudioClip Tone(double seconds, int rate = 48000) => new(
        [.. Enumerable.Range(1, 2).Select(channel => Enumerable.Range(0, (int)(seconds * rate)).Select(i => (float)(0.3 * Math.Sin(i * 0.05 * channel))).ToArray())],
        rate);

    [Fact]
    public async Task The_file_is_what_the_endpoint_promises()
    {
        var path = media.Path("a.mp4");
        await VideoWriter.WriteAsync(path, Options(24), Media.Stream(Media.NumberedFrames(Size, 24)), Tone(1), Media.Cancelled);
        var streams = Media.Tell(path);
        var (video, sound) = (streams["video"], streams["audio"]);
        Assert.Equal(("h264", "yuv420p", "tv"), (video["codec_name"], video["pix_fmt"], video["color_range"]));
        Assert.Equal(("bt709", "bt709", "bt709"), (video["color_space"], video["color_transfer"], video["color_primaries"]));
        Assert.Equal(("aac", "48000", "2"), (sound["codec_name"], sound["sample_rate"], sound["channels"]));
        var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Media.Cancelled));
        Assert.InRange(text.IndexOf("moov", StringComparison.Ordinal), 1, text.IndexOf("mdat", StringComparison.Ordinal));
        Assert.Equal(["a.mp4"], media.Names());
    }

    [Fact]
    public async Task Sound_of_another_rate_or_of_one_channel_is_written_as_48_kHz_stereo()
    {
        var path = media.Path("a.mp4");
        var mono = new AudioClip([Tone(1, 24000).Channels[0]], 24000);
        await VideoWriter.WriteAsync(path, Options(24), Media.Stream(Media.NumberedFrames(Size, 24)), mono, Media.Cancelled);
        var info = await Media.ProbeSourceAsync(path);
        Assert.Equal((48000, 2), (info.AudioStreams[0].SampleRate, info.AudioStreams[0].Channels));
        var read = (await AudioReader.ReadAsync(info, TimeSpan.Zero, 24000, 2, 24000, Media.Cancelled))!.Clip;
        Assert.Equal(1, Correlation.At(mono.Channels[0], read.Channels[0], 0), 0.01);
        Assert.Equal(1, Correlation.At(mono.Channels[0], read.Channels[1], 0), 0.01);
        Assert.Equal(0.3, read.Channels[0].AsSpan(4000, 16000).ToArray().Max(), 0.03);
    }

    [Fact]
    public async Task A_hostile_target_name_is_only_a_name()
    {
        string[] names = ["-y.mp4", "a\" -f null \".mp4", "concat:a|b.mp4", "50%d.mp4", "back\\slash\\.mp4", "ümläut 动画.mp4"];
        foreach (var name in names)
        {
            // With sound, two files have names of their own on the way. What was written is read back before it gets its name.
            var audio = name[0] == 'a' ? Tone(0.1) : null;
            Assert.Equal(3, await VideoWriter.WriteAsync(media.Path(name), Options(3), Media.Stream(Media.NumberedFrames(Size, 3)), audio, Media.Cancelled));
        }

        Assert.Equal(names.Order(), media.Names());
    }

    [Fact]
    public async Task A_frame_of_the_wrong_size_is_an_error_and_leaves_the_older_file()
    {
        var path = media.Text("a.mp4", "older");
        var frames = Media.NumberedFrames(Size, 5).Append(new byte[7]);
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => VideoWriter.WriteAsync(path, Options(), Media.Stream(frames), cancellationToken: Media.Cancelled));
        Assert.Contains("Frame 5 has 7 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a.mp4"], media.Names());
        Assert.Equal("older", await File.ReadAllTextAsync(path, Media.Cancelled));
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task A_failing_source_of_frames_is_told_and_leaves_nothing(Type type)
    {
        async IAsyncEnumerable<ReadOnlyMemory<byte>> Frames()
        {
            foreach (var frame in Media.NumberedFrames(Size, 4))
            {
                yield return frame;
            }

            await Task.Yield();
            throw (Exception)Activator.CreateInstance(type, "the GPU is gone")!;
        }

        var error = await Assert.ThrowsAsync(type, () => VideoWriter.WriteAsync(media.Path("a.mp4"), Options(9), Frames(), Tone(1), Media.Cancelled));
        Assert.Equal("the GPU is gone", error.Message);
        Assert.Empty(media.Names());
    }

    [Fact]
    public async Task No_frame_at_all_is_an_error()
    {
        var error = await Assert.ThrowsAsync<MediaException>(
            () => VideoWriter.WriteAsync(media.Path("a.mp4"), Options(), Media.Stream([]), cancellationToken: Media.Cancelled));
        Assert.Equal(MediaFault.Server, error.Fault);
        Assert.Empty(media.Names());
    }

    [Theory]
    [InlineData(null, "How many frames come has to be known where there is sound")]
    [InlineData(3, "3 frames were to come, and 4 came.")]
    [InlineData(5, "5 frames were to come, and 4 came.")]
    public async Task Sound_needs_to_know_how_many_frames_come(int? said, string sentence)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => VideoWriter.WriteAsync(media.Path("a.mp4"), Options(said), Media.Stream(Media.NumberedFrames(Size, 4)), Tone(1), Media.Cancelled));
        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
        Assert.Empty(media.Names());
    }

    [Fact]
    public async Task Odd_sizes_are_refused_before_anything_runs() =>
        await Assert.ThrowsAsync<ArgumentException>(() => VideoWriter.WriteAsync(
            media.Path("a.mp4"), Options() with { Size = new(65, 64) }, Media.Stream([]), cancellationToken: Media.Cancelled));

    [Fact]
    public async Task Cancelling_kills_ffmpeg_and_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Frames()
        {
            foreach (var frame in Media.NumberedFrames(Size, 50))
            {
                yield return frame;
            }

            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancel.Token);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => VideoWriter.WriteAsync(media.Path("a.mp4"), Options(), Frames(), cancellationToken: cancel.Token));
        Assert.Empty(media.Names());
    }

    [Fact]
    public async Task The_clock_stands_still_while_frames_are_being_made()
    {
        async IAsyncEnumerable<ReadOnlyMemory<byte>> Slow()
        {
            foreach (var frame in Media.NumberedFrames(Size, 3))
            {
                await Task.Delay(2800, Media.Cancelled);
                yield return frame;
            }
        }

        // Less than the frames take, and still much for ffmpeg's own share on a busy machine.
        var options = Options() with { Limits = new() { WorkTime = TimeSpan.FromSeconds(8) } };
        Assert.Equal(3, await VideoWriter.WriteAsync(media.Path("a.mp4"), options, Slow(), cancellationToken: Media.Cancelled));
    }

    [Theory]
    [InlineData("av_interleaved_write_frame(): No space left on device", "There is no room left on the disk for the result.")]
    [InlineData("Unknown encoder 'libx264'", "This ffmpeg lacks an encoder that is needed: install one that was built with libx264 and AAC.")]
    [InlineData("something else", "ffmpeg could not write the result (exit code 3).")]
    public async Task What_ffmpeg_says_last_becomes_a_sentence(string words, string sentence)
    {
        var tools = media.FakeTool("ffmpeg", $"head -c 100 >/dev/null; echo \"{words}\" >&2; exit 3");
        var options = Options() with { Limits = new() { ToolFolder = tools } };
        var target = Directory.CreateDirectory(media.Path("out")).FullName;
        var error = await Assert.ThrowsAsync<MediaException>(() => VideoWriter.WriteAsync(
            Path.Combine(target, "a.mp4"), options, Media.Stream(Media.NumberedFrames(Size, 40)), cancellationToken: Media.Cancelled));
        Assert.Equal((MediaFault.Server, sentence, words, 3), (error.Fault, error.Message, error.LastWords, error.ExitCode));
        Assert.Empty(Directory.GetFileSystemEntries(target));
    }

    [Fact]
    public async Task A_result_that_is_not_whole_is_not_handed_out_though_ffmpeg_says_it_is_well()
    {
        var tools = media.FakeTool("ffmpeg", "cat >/dev/null; exit 0");
        File.CreateSymbolicLink(Path.Combine(tools, "ffprobe"), Media.Run("which", ["ffprobe"]).Trim());
        var target = Directory.CreateDirectory(media.Path("out")).FullName;
        var error = await Assert.ThrowsAsync<MediaException>(() => VideoWriter.WriteAsync(
            Path.Combine(target, "a.mp4"), Options() with { Limits = new() { ToolFolder = tools } },
            Media.Stream(Media.NumberedFrames(Size, 4)), cancellationToken: Media.Cancelled));
        Assert.Equal((MediaFault.Server, "The result that ffmpeg wrote cannot be read back."), (error.Fault, error.Message));
        Assert.Empty(Directory.GetFileSystemEntries(target));
    }

    [Fact]
    public async Task A_full_disk_is_told_and_leaves_nothing()
    {
        var mount = Directory.CreateDirectory(media.Path("small")).FullName;
        try
        {
            Media.Run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mount]);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip("A small file system can be mounted by root only.");
        }

        try
        {
            var random = new Random(3);
            var size = new FrameSize(256, 256);
            var frames = Enumerable.Range(0, 10).Select(_ =>
            {
                var pixels = new byte[size.Pixels * 3];
                random.NextBytes(pixels);
                return pixels;
            });
            var error = await Assert.ThrowsAsync<MediaException>(() => VideoWriter.WriteAsync(
                Path.Combine(mount, "a.mp4"), Options() with { Size = size }, Media.Stream(frames), cancellationToken: Media.Cancelled));
            Assert.Equal((MediaFault.Server, "There is no room left on the disk for the result."), (error.Fault, error.Message));
            var small = await Assert.ThrowsAsync<MediaException>(() => VideoWriter.WriteAsync(
                Path.Combine(mount, "a.mp4"), Options(48), Media.Stream(Media.NumberedFrames(Size, 48)), Tone(2), Media.Cancelled));
            Assert.Equal("There is no room left on the disk for the result.", small.Message);
            Assert.Empty(Directory.GetFileSystemEntries(mount));
        }
        finally
        {
            // Lazily: a child that another test is just starting may still hold a file of it.
            Media.Run("umount", ["-l", mount]);
        }
    }

    [Fact]
    public async Task A_missing_target_folder_is_told()
    {
        var error = await Assert.ThrowsAsync<MediaException>(() => VideoWriter.WriteAsync(
            media.Path("no/such/a.mp4"), Options(), Media.Stream([]), cancellationToken: Media.Cancelled));
        Assert.Equal((MediaFault.Server, "The folder for the result does not exist."), (error.Fault, error.Message));
    }
}
