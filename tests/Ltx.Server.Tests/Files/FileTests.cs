using System.Net;
using System.Net.Http.Headers;
using Ltx.Server.Files;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Files;

[Fast]
public class FileTests
{
    [Fact]
    public async Task Outputs_have_range_etag_and_cors_and_need_no_key()
    {
        await using var server = await TestServer.StartAsync();
        var (_, url) = await MakeAsync(server);
        var whole = await server.GetAsync(url, ("Origin", "http://localhost:3000"));
        Assert.Equal("bytes", whole.Header("accept-ranges"));
        Assert.Equal("*", whole.Header("access-control-allow-origin"));
        Assert.Contains("nosniff", whole.Header("x-content-type-options"), StringComparison.Ordinal);
        using HttpRequestMessage part = new(HttpMethod.Get, url);
        part.Headers.Range = new RangeHeaderValue(10, 19);
        using var ranged = await server.Client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, ranged.StatusCode);
        Assert.Equal(FakeRunner.Content("a red fox", 1)[10..20], await ranged.Content.ReadAsByteArrayAsync());
        Assert.Equal(304, (await server.GetAsync(url, ("If-None-Match", whole.Header("etag")!))).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Head, url, null)).Status);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("00000000000000000000000000000000/x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/x")]
    [InlineData("ltx.db/x")]
    public async Task No_path_of_a_client_reaches_the_disk(string path)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(404, (await server.GetAsync("/files/" + path)).Status);
    }

    [Fact]
    public async Task Deleting_payloads_removes_input_result_and_output_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var (id, url) = await MakeAsync(server);
        // Not by asking for it: whoever has just been answered may hold the file a moment longer, and what is held is not deleted at once.
        var files = server.Service<FileStore>();
        Assert.True(File.Exists(files.PathOf(files.IdFromUrl(url)!)));
        var deleted = await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{id}/payloads", null);
        Assert.Equal(200, deleted.Status);
        Assert.Single(deleted.Json.GetProperty("cdn_delete_results").EnumerateArray().ToArray());
        Assert.Equal(404, (await server.GetAsync(url)).Status);
        Assert.Equal(404, (await server.ResultAsync(id)).Status);
        Assert.Equal("COMPLETED", (await server.WaitForAsync(id)).GetProperty("status").GetString());
        var listed = (await server.GetAsync("/requests")).Json.GetProperty("requests")[0];
        Assert.Equal("null", listed.GetProperty("input").GetRawText());
        Assert.Equal("null", listed.GetProperty("output").GetRawText());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(server.Options.Server.Data, "files"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Payloads_of_a_request_in_progress_stay()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var id = await server.SubmitAsync();
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{id}/payloads", null)).Status);
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(id);
        Assert.Equal(200, (await server.ResultAsync(id)).Status);
    }

    [Fact]
    public async Task A_file_in_use_is_gone_for_clients_and_its_bytes_stay_until_the_use_ends()
    {
        await using var server = await TestServer.StartAsync();
        var (_, url) = await MakeAsync(server);
        var files = server.Service<FileStore>();
        var id = files.IdFromUrl(url)!;
        using (var lease = files.Lease(id)!)
        {
            await files.DeleteAsync(id);
            Assert.True(File.Exists(lease.Path));
            Assert.Equal(404, (await server.GetAsync(url)).Status);
            await files.SweepAsync();
            Assert.True(File.Exists(lease.Path));
        }

        Assert.Equal(1, await files.SweepAsync());
        Assert.False(File.Exists(files.PathOf(id)));
    }

    [Fact]
    public async Task Files_end_with_their_life_and_uploads_outlive_it_while_a_request_needs_them()
    {
        ManualClock clock = new();
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() }, register: (services, _) => services.AddSingleton<TimeProvider>(clock));
        var files = server.Service<FileStore>();
        var upload = await UploadAsync(server, "abc", ("X-Fal-Object-Lifecycle", "{\"expiration_duration_seconds\":3600}"));
        var submit = await server.PostAsync(TestServer.Submit, TestServer.Input(("video_url", upload)), ("X-Fal-Object-Lifecycle-Preference", "{\"expiration_duration_seconds\":7200}"));
        var id = submit.Json.GetProperty("request_id").GetString()!;
        clock.Move(TimeSpan.FromHours(1.5)); // longer than the upload lives
        Assert.Equal(0, await files.SweepAsync());
        Assert.Equal(200, (await server.GetAsync(upload)).Status);
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(id);
        Assert.Equal(404, (await server.GetAsync(upload)).Status);
        var output = (await server.ResultAsync(id)).Json.GetProperty("video").GetProperty("url").GetString()!;
        Assert.Equal(200, (await server.GetAsync(output)).Status);
        clock.Move(TimeSpan.FromHours(1.9));
        Assert.Equal(200, (await server.GetAsync(output)).Status);
        clock.Move(TimeSpan.FromHours(0.2));
        Assert.Equal(404, (await server.GetAsync(output)).Status);
        // One at least has just been served, and goes once it is given back.
        var removed = 0;
        for (var deadline = DateTime.UtcNow.AddSeconds(120); (removed += await files.SweepAsync()) != 2; await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, $"{removed} files were removed.");
        }
    }

    [Fact]
    public async Task A_full_disk_is_refused_before_it_is_full()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MinFreeBytes = long.MaxValue / 2);
        var submit = await server.PostAsync(TestServer.Submit, TestServer.Input());
        Assert.Equal(507, submit.Status);
        Assert.Contains("nearly full", submit.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(507, (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a" })).Status);
        Assert.Equal(503, (await server.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task Uploads_need_their_secret_stop_at_the_limit_and_are_written_once()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxUploadBytes = 1000);
        var started = (await server.PostAsync("/storage/upload/initiate?storage_type=fal-cdn-v3", new { content_type = "video/mp4", file_name = "a b.mp4" })).Json;
        var target = started.GetProperty("upload_url").GetString()!;
        Assert.Equal(403, (await server.SendAsync(HttpMethod.Put, target.Split('?')[0] + "?sig=" + new string('0', 32), new StringContent("x"))).Status);
        Assert.Equal(413, (await server.SendAsync(HttpMethod.Put, target, new ByteArrayContent(new byte[1001]))).Status);
        Assert.Equal(404, (await server.GetAsync(started.GetProperty("file_url").GetString()!)).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, target, new ByteArrayContent(new byte[1000]))).Status);
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Put, target, new StringContent("again"))).Status);
        Assert.Equal("1000", (await server.GetAsync(started.GetProperty("file_url").GetString()!)).Header("content-length"));
    }

    [Fact]
    public async Task Store_io_0_keeps_no_input_and_lists_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var id = (await server.PostAsync(TestServer.Submit, TestServer.Input(("prompt", "secret [size=10]")), ("X-Fal-Store-IO", "0"))).Json.GetProperty("request_id").GetString()!;
        await server.WaitForAsync(id);
        Assert.Equal(200, (await server.ResultAsync(id)).Status);
        Assert.DoesNotContain("secret", (await server.GetAsync("/requests")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_are_listed_in_pages_newest_first()
    {
        await using var server = await TestServer.StartAsync();
        List<string> ids = [];
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await server.SubmitAsync(("seed", i)));
        }

        await server.WaitForAsync(ids[^1]);
        List<string> listed = [];
        string? cursor = null;
        do
        {
            var page = (await server.GetAsync($"/requests?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}")).Json;
            foreach (var item in page.GetProperty("requests").EnumerateArray())
            {
                listed.Add(item.GetProperty("request_id").GetString()!);
                Assert.Equal("fal-ai/ltx-2.3-quality/inpaint/lora", item.GetProperty("endpoint_id").GetString());
                Assert.Equal("a red fox", item.GetProperty("input").GetProperty("prompt").GetString());
                Assert.StartsWith(server.Url, item.GetProperty("output").GetProperty("video").GetProperty("url").GetString(), StringComparison.Ordinal);
            }

            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Reverse(ids), listed);
    }

    private static async Task<(string Id, string Url)> MakeAsync(TestServer server)
    {
        var id = await server.SubmitAsync(("seed", 1));
        await server.WaitForAsync(id);
        return (id, (await server.ResultAsync(id)).Json.GetProperty("video").GetProperty("url").GetString()!);
    }

    private static async Task<string> UploadAsync(TestServer server, string content, params (string, string)[] headers)
    {
        var started = (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" }, headers)).Json;
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, started.GetProperty("upload_url").GetString()!, new StringContent(content))).Status);
        return started.GetProperty("file_url").GetString()!;
    }
}
