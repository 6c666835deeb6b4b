using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Playground;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Playground;

/// <summary>`POST /ui/api/masks`.</summary>
public class MaskTests
{
    private const string Masks = "/ui/api/masks";

    [Theory]
    [InlineData(100, 70)]
    [InlineData(101, 67)] // odd sides are kept
    [InlineData(1, 1)]
    public async Task The_mask_is_the_drawing_in_every_pixel_and_at_every_time(int width, int height)
    {
        await using TestServer server = await TestServer.StartAsync();
        double[] times = [0, 1 / 24.0, 2 / 24.0, 0.12, 0.3, 0.301, 0.5, 0.7];
        Answer made = await server.PostAsync(Masks, new { width, height, times, marks = Drawings.Everything() });
        Assert.True(made.Status == 200, made.Body);
        using TestFolder folder = new();
        string file = folder.Bytes("mask.mp4", await server.Client.GetByteArrayAsync(made.Json.GetProperty("url").GetString()!, TestContext.Current.CancellationToken));

        Assert.Equal(times, Times(file), (a, b) => Math.Abs(a - b) <= 0.5e-6);
        List<byte[]> frames = Decoded(file, width, height);
        Marks marks = Read(new { width, height, times, marks = Drawings.Everything() }).Marks;
        Assert.Equal(times.Length, frames.Count);
        for (int i = 0; i < times.Length; i++)
        {
            Assert.Equal(MarksRule.Frame(width, height, marks, times[i]), frames[i].Select(luma => luma > 127 ? (byte)255 : (byte)0));
        }
    }

    [Fact]
    public async Task The_mask_is_read_by_the_engines_own_reader_without_a_grey_pixel()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer made = await server.PostAsync(Masks, new { width = 96, height = 64, times = new[] { 0, 0.04, 0.08 }, marks = Drawings.Everything() });
        using TestFolder folder = new();
        string file = folder.Bytes("mask.mp4", await server.Client.GetByteArrayAsync(made.Json.GetProperty("url").GetString()!, TestContext.Current.CancellationToken));
        List<byte[]> frames = await TestMedia.FramesAsync(file, FramePixels.Gray8);
        Assert.Equal(3, frames.Count);
        Assert.All(frames, frame => Assert.All(frame, luma => Assert.True(luma is 0 or 255)));
    }

    [Fact]
    public async Task The_mask_counts_its_times_from_the_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer made = await server.PostAsync(Masks, new { width = 16, height = 16, times = new[] { -2.5, -2.4, 7 }, marks = Drawings.Rectangle() });
        using TestFolder folder = new();
        string file = folder.Bytes("mask.mp4", await server.Client.GetByteArrayAsync(made.Json.GetProperty("url").GetString()!, TestContext.Current.CancellationToken));
        Assert.Equal([0, 0.1, 9.5], Times(file));
    }

    [Fact]
    public async Task The_file_is_the_callers_upload_and_lives_as_long()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Answer made = await server.PostAsync(Masks, new { width = 16, height = 16, times = new[] { 0 }, marks = Drawings.Rectangle() }, TestKeys.Header);
        FileStore files = server.Service<FileStore>();
        StoredFile file = files.Find(files.IdFromUrl(made.Json.GetProperty("url").GetString()!)!)!;
        Assert.Equal((TestKeys.Name, FileKind.Upload, "video/mp4", server.Options.Files.UploadLifetime.TotalSeconds), (file.Owner, file.Kind, file.ContentType, file.LifetimeSeconds));
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(server.Options.Server.Data, "work")));
    }

    [Fact]
    public async Task It_needs_the_key()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Assert.Equal(401, (await server.PostAsync(Masks, new { width = 16, height = 16, times = new[] { 0 }, marks = Drawings.Rectangle() })).Status);
    }

    [Theory]
    [InlineData("""[]""", """["body"]""", "model_attributes_type")]
    [InlineData("""{"height":8,"times":[0],"marks":{"shapes":[]}}""", """["body","width"]""", "missing")]
    [InlineData("""{"width":0,"height":8,"times":[0],"marks":{"shapes":[]}}""", """["body","width"]""", "greater_than_equal")]
    [InlineData("""{"width":8.5,"height":8,"times":[0],"marks":{"shapes":[]}}""", """["body","width"]""", "int_from_float")]
    [InlineData("""{"width":8,"height":16385,"times":[0],"marks":{"shapes":[]}}""", """["body","height"]""", "less_than_equal")]
    [InlineData("""{"width":4097,"height":4096,"times":[0],"marks":{"shapes":[]}}""", """["body","height"]""", "value_error")]
    [InlineData("""{"width":8,"height":"8","times":[0],"marks":{"shapes":[]}}""", """["body","height"]""", "float_type")]
    [InlineData("""{"width":8,"height":8,"times":[],"marks":{"shapes":[]}}""", """["body","times"]""", "sequence_too_short")]
    [InlineData("""{"width":8,"height":8,"times":0,"marks":{"shapes":[]}}""", """["body","times"]""", "list_type")]
    [InlineData("""{"width":8,"height":8,"times":[0,1,1],"marks":{"shapes":[]}}""", """["body","times",2]""", "value_error")]
    [InlineData("""{"width":8,"height":8,"times":[0,1e400],"marks":{"shapes":[]}}""", """["body","times",1]""", "less_than_equal")]
    [InlineData("""{"width":8,"height":8,"times":[0,4000],"marks":{"shapes":[]}}""", """["body","times"]""", "value_error")]
    [InlineData("""{"width":8,"height":8,"times":[0]}""", """["body","marks"]""", "missing")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[],"invert":1}}""", """["body","marks","invert"]""", "bool_type")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"star","keys":[]}]}}""", """["body","marks","shapes",0,"type"]""", "one_of")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"rect","keys":[]}]}}""", """["body","marks","shapes",0,"keys"]""", "sequence_too_short")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"rect","keys":[{"time":0,"x":1,"y":1,"rx":0,"ry":1,"cos":1,"sin":0}]}]}}""", """["body","marks","shapes",0,"keys",0,"rx"]""", "greater_than")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"rect","keys":[{"time":0,"x":1,"y":1,"rx":1,"ry":1,"cos":0,"sin":0}]}]}}""", """["body","marks","shapes",0,"keys",0,"cos"]""", "value_error")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"polygon","keys":[{"time":0,"points":[[1,1],[2,2]]}]}]}}""", """["body","marks","shapes",0,"keys",0,"points"]""", "sequence_too_short")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"brush","keys":[{"time":0,"radius":1,"points":[[1]]}]}]}}""", """["body","marks","shapes",0,"keys",0,"points",0]""", "sequence_too_short")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"brush","keys":[{"time":0,"radius":1,"points":[[1,null]]}]}]}}""", """["body","marks","shapes",0,"keys",0,"points",0,1]""", "float_type")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"brush","keys":[{"time":0,"radius":1,"points":[[1,1]]},{"time":0,"radius":1,"points":[[1,1]]}]}]}}""", """["body","marks","shapes",0,"keys",1,"time"]""", "value_error")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"type":"brush","keys":[{"time":0,"radius":1,"points":[[1,1]]},{"time":1,"radius":1,"points":[[1,1],[2,2]]}]}]}}""", """["body","marks","shapes",0,"keys",1,"points"]""", "value_error")]
    [InlineData("""{"width":8,"height":8,"times":[0],"marks":{"shapes":[{"id":"a","type":"brush","keys":[{"time":0,"radius":1,"points":[[1,1]]}]},{"id":"a","type":"star"}]}}""", """["body","marks","shapes",1,"id"]""", "value_error")]
    [InlineData("""{"width":8,""", null, "json_invalid")]
    public async Task What_is_wrong_is_named(string body, string? location, string type)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.SendAsync(HttpMethod.Post, Masks, new StringContent(body));
        Assert.Equal((422, type), (answer.Status, answer.Detail.GetProperty("type").GetString()));
        if (location is not null) Assert.Equal(location, answer.Detail.GetProperty("loc").GetRawText());
    }

    [Fact]
    public async Task Sizes_and_counts_are_bounded()
    {
        await using TestServer server = await TestServer.StartAsync();
        double[] times = [.. Enumerable.Range(0, MaskRequestReader.MaxTimes).Select(i => i / 30.0)];
        Answer many = await server.PostAsync(Masks, new { width = 16, height = 16, times = times.Append(2000), marks = Drawings.Rectangle() });
        Assert.Equal((422, "sequence_too_long"), (many.Status, many.Detail.GetProperty("type").GetString()));
        Answer large = await server.PostAsync(Masks, new { width = 4096, height = 4096, times, marks = Drawings.Rectangle() });
        Assert.Equal((422, """["body","times"]"""), (large.Status, large.Detail.GetProperty("loc").GetRawText()));
        Answer shapes = await server.PostAsync(Masks, new { width = 16, height = 16, times = new[] { 0 }, marks = new { shapes = Enumerable.Repeat(new { }, MaskRequestReader.MaxShapes + 1) } });
        Assert.Equal((422, "sequence_too_long"), (shapes.Status, shapes.Detail.GetProperty("type").GetString()));
    }

    internal static MaskRequest Read(object body)
    {
        (MaskRequest? request, FalDetail? problem) = MaskRequestReader.Read(JsonSerializer.SerializeToElement(body), SourceLimits.Default.Pixels);
        Assert.Null(problem);
        return request!;
    }

    private static double[] Times(string file) =>
        [.. TestMedia.Run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "csv=p=0", file)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line.Trim(','), System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>By ffmpeg alone, every frame once, in the file's own size.</summary>
    private static List<byte[]> Decoded(string file, int width, int height)
    {
        using TestFolder folder = new();
        string raw = TestMedia.Make(folder, "frames.gray", "-i", file, "-fps_mode", "passthrough", "-vf", "scale=in_range=tv:out_range=pc", "-pix_fmt", "gray", "-f", "rawvideo");
        return [.. File.ReadAllBytes(raw).Chunk(width * height)];
    }
}
