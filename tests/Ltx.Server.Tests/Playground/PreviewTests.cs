using System.Net.Http.Headers;
using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Queue;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Playground;

/// <summary>`POST /ui/api/previews` and the thumbnails of requests.</summary>
public class PreviewTests
{
    private const string Previews = "/ui/api/previews";

    [Fact]
    public async Task A_rotated_hevc_source_is_shown_upright_frame_for_frame_at_its_own_times()
    {
        using TestFolder folder = new();
        string plain = TestMedia.Make(folder, "plain.mp4", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=25", "-frames:v", "12", "-pix_fmt", "yuv420p", "-c:v", "libx265", "-x265-params", "log-level=error",
            // A variable rate: each gap is longer than the one before.
            "-vf", "settb=1/1000,setpts=40*N+2*N*N+500", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-tag:v", "hvc1", "-video_track_timescale", "1000");
        string rotated = TestMedia.Rotated(folder, plain, height: 64);
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Previews, new { url = await UploadAsync(server, rotated) });
        Assert.True(answer.Status == 200, answer.Body);
        JsonElement preview = answer.Json;
        Assert.Equal((64, 96, 12), (preview.GetProperty("width").GetInt32(), preview.GetProperty("height").GetInt32(), preview.GetProperty("frames").GetInt32()));
        double[] expected = [.. Enumerable.Range(0, 12).Select(n => (40 * n + 2 * n * n) / 1000.0)];
        Assert.Equal(expected, preview.GetProperty("times").EnumerateArray().Select(t => t.GetDouble()));

        string copy = folder.Bytes("preview.mp4", await server.Client.GetByteArrayAsync(preview.GetProperty("url").GetString()!, TestContext.Current.CancellationToken));
        Dictionary<string, string> stream = TestMedia.Tell(copy, "v:0");
        Assert.Equal(("h264", "yuv420p", "64", "96", "12"), (stream["codec_name"], stream["pix_fmt"], stream["width"], stream["height"], stream["nb_read_frames"]));
        Assert.False(stream.ContainsKey("rotation"));

        // The picture is what the model is given, but for the loss of encoding; turned the other way it would be far off.
        byte[] shown = (await TestMedia.FramesAsync(copy))[0], given = (await TestMedia.FramesAsync(rotated))[0];
        double asGiven = Difference(shown, given), upsideDown = Difference(shown, [.. given.Reverse()]);
        Assert.True(asGiven < 8 && asGiven < upsideDown / 5, $"{asGiven} {upsideDown}");
    }

    [Fact]
    public async Task Even_a_look_at_a_source_waits_for_its_turn()
    {
        using TestFolder folder = new();
        await using TestServer server = await TestServer.StartAsync(o => o.Files.UploadWaitSeconds = 0);
        string url = await UploadAsync(server, folder.Bytes("no.mp4", [1, 2, 3]));
        TaskCompletionSource held = new();
        Microsoft.AspNetCore.Http.DefaultHttpContext somebody = new();
        somebody.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        somebody.Features.Set(new Ltx.Server.Auth.Caller { Origin = "", QueueBase = "", Proxied = false, Path = "" });
        Task film = server.Service<Ltx.Server.Playground.Workbench>().MakeFilmAsync(somebody, "video/mp4", _ => held.Task, TestContext.Current.CancellationToken);

        Answer answer = await server.PostAsync(Previews, new { url });
        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        held.SetException(new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(() => film);
        Assert.Equal(422, (await server.PostAsync(Previews, new { url })).Status);
    }

    [Fact]
    public async Task A_large_source_is_made_smaller_and_its_own_size_told()
    {
        using TestFolder folder = new();
        await using TestServer server = await TestServer.StartAsync();
        JsonElement preview = (await server.PostAsync(Previews, new { url = await UploadAsync(server, TestMedia.Video(folder, width: 1920, height: 1080, frames: 2)) })).Json;
        Assert.Equal((1920, 1080), (preview.GetProperty("width").GetInt32(), preview.GetProperty("height").GetInt32()));
        string copy = folder.Bytes("preview.mp4", await server.Client.GetByteArrayAsync(preview.GetProperty("url").GetString()!, TestContext.Current.CancellationToken));
        Dictionary<string, string> stream = TestMedia.Tell(copy, "v:0");
        Assert.Equal(("1280", "720"), (stream["width"], stream["height"]));
    }

    [Fact]
    public async Task What_is_no_video_is_refused_at_its_field()
    {
        using TestFolder folder = new();
        await using TestServer server = await TestServer.StartAsync();
        byte[] whole = await File.ReadAllBytesAsync(TestMedia.Video(folder));
        string[] bad = [folder.Text("a.mp4", "no video"), TestMedia.StillMask(folder), folder.Bytes("cut.mp4", whole.AsSpan(0, whole.Length * 2 / 3))];
        foreach (string file in bad)
        {
            string url = await UploadAsync(server, file);
            Answer answer = await server.PostAsync(Previews, new { url });
            Assert.Equal((422, "unsupported_video_format", """["body","url"]"""), (answer.Status, answer.Detail.GetProperty("type").GetString(), answer.Detail.GetProperty("loc").GetRawText()));
        }
    }

    [Theory]
    [InlineData("""{}""", "missing")]
    [InlineData("""{"url":5}""", "string_type")]
    [InlineData("""{"url":""}""", "file_download_error")]
    [InlineData("""{"url":"https://missing.example/a.mp4"}""", "file_download_error")]
    [InlineData("""{"url":"https://huge.example/a.mp4"}""", "file_too_large")]
    [InlineData("""["url"]""", "model_attributes_type")]
    public async Task What_is_wrong_is_named(string body, string type)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.SendAsync(HttpMethod.Post, Previews, new StringContent(body));
        Assert.Equal((422, type), (answer.Status, answer.Detail.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task It_needs_the_key()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Assert.Equal(401, (await server.PostAsync(Previews, new { url = "https://example.com/a.mp4" })).Status);
        Assert.Equal(401, (await server.GetAsync($"/ui/api/requests/{Guid.NewGuid()}/thumbnail")).Status);
    }

    [Fact]
    public async Task It_reaches_nothing_that_an_input_could_not_reach()
    {
        await using WebhookReceiver inside = await WebhookReceiver.StartAsync();
        TestHost.FakeEngine engine = new();
        await using TestServer server = await TestServer.StartAsync(engine: engine, register: (services, options) =>
        {
            ServeCommand.AddEngine(services, ConfigurationSources.Build(null, []), options);
            services.AddSingleton<IInpaintRunner>(engine.Runner);
        });
        foreach (string url in new[] { inside.Url + "/video.mp4", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd" })
        {
            Answer answer = await server.PostAsync(Previews, new { url });
            Assert.Equal((422, "file_download_error"), (answer.Status, answer.Detail.GetProperty("type").GetString()));
        }
        Assert.Empty(inside.Deliveries);
    }

    [Fact]
    public async Task A_request_has_a_thumbnail_of_its_source_for_its_own_key_alone()
    {
        using TestFolder folder = new();
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        string video = await UploadAsync(server, TestMedia.Video(folder, width: 640, height: 480), TestKeys.Header);
        Answer submitted = await server.PostAsync(TestServer.Submit, TestServer.Input(("video_url", video), ("prompt", "[reject]")), TestKeys.Header);
        string path = $"/ui/api/requests/{submitted.Json.GetProperty("request_id").GetString()}/thumbnail";
        using HttpRequestMessage message = new(HttpMethod.Get, path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Key", TestKeys.Secret);
        using HttpResponseMessage response = await server.Client.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal((200, "image/jpeg"), ((int)response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        string picture = folder.Bytes("thumbnail.jpg", await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Dictionary<string, string> stream = TestMedia.Tell(picture, "v:0");
        Assert.Equal(("mjpeg", "320", "240"), (stream["codec_name"], stream["width"], stream["height"]));
        Assert.Equal(304, (await server.GetAsync(path, TestKeys.Header, ("If-None-Match", response.Headers.ETag!.ToString()))).Status);

        Assert.Equal(401, (await server.GetAsync(path)).Status);
        Assert.Equal(404, (await server.GetAsync($"/ui/api/requests/{Guid.NewGuid()}/thumbnail", TestKeys.Header)).Status);
    }

    [Fact]
    public async Task A_request_whose_files_are_elsewhere_has_no_thumbnail_and_no_error()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.SubmitAsync(("prompt", "[reject]"));
        await server.WaitForAsync(id);
        Answer answer = await server.GetAsync($"/ui/api/requests/{id}/thumbnail");
        Assert.Equal((204, ""), (answer.Status, answer.Body));
    }

    private static async Task<string> UploadAsync(TestServer server, string path, params (string, string)[] headers)
    {
        JsonElement started = (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" }, headers)).Json;
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, started.GetProperty("upload_url").GetString()!, new ByteArrayContent(await File.ReadAllBytesAsync(path)))).Status);
        return started.GetProperty("file_url").GetString()!;
    }

    private static double Difference(byte[] a, byte[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Average();
}
