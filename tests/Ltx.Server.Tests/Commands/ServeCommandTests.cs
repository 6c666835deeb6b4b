using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Queue;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Commands;

/// <summary>The server around the product's own downloader and webhook client, with the guard on.</summary>
public class ServeCommandTests
{
    [Fact]
    public async Task Private_addresses_are_refused_for_inputs_and_webhooks_and_our_own_files_are_found()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await StartAsync();
        var own = await UploadAsync(server);
        var good = await SubmitAsync(server, own, receiver.Url);
        await server.WaitForAsync(good);
        Assert.Equal(200, (await server.ResultAsync(good)).Status);

        var bad = await SubmitAsync(server, receiver.Url + "/video.mp4", null);
        await server.WaitForAsync(bad);
        var refused = await server.ResultAsync(bad);
        Assert.Equal((422, "file_download_error"), (refused.Status, refused.Detail.GetProperty("type").GetString()));
        Assert.Equal("[\"body\",\"video_url\"]", refused.Detail.GetProperty("loc").GetRawText());

        for (var deadline = DateTime.UtcNow.AddSeconds(60); server.Service<WebhookQueue>().CountOwed() > 0; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < deadline, "A webhook to a forbidden address is given up, not tried again.");
        }

        Assert.Empty(receiver.Deliveries);
    }

    [Fact]
    public async Task Private_hosts_that_the_operator_allows_get_webhooks()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await StartAsync("Fetch:AllowedPrivateHosts:0=127.0.0.1");
        var own = await UploadAsync(server);
        var id = await SubmitAsync(server, own, receiver.Url);
        Assert.True(WebhookReceiver.Verify(await receiver.WaitForAsync(d => d.RequestId == id), await WebhookReceiver.KeyAsync(server.Client)));
    }

    [Fact]
    public void A_server_without_an_engine_is_not_built()
    {
        using TempFolder data = new();
        LtxOptions options = new();
        options.Server.Data = data.Path;
        var error = Assert.Throws<InvalidOperationException>(() => ServeHost.Build(options, _ => { }));
        Assert.Contains(nameof(IInpaintRunner), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no model \"nope\"", "--model", "nope")]
    [InlineData("does not expand prompts", "--model", "miniature", "--set", "Inpaint:ShowFrame=true")]
    public async Task A_model_that_is_not_there_or_cannot_do_what_is_asked_ends_the_start_with_one_sentence(string sentence, params string[] arguments)
    {
        using TestFolder folder = new();
        LtxRun run = await LtxInProcess.RunAsync(["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Folder("data"), .. arguments]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(sentence, Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_turns_out_to_be_damaged_ends_the_start_with_one_sentence()
    {
        using TestFolder folder = new();
        string data = folder.Folder("data");
        await using (TestServer server = await TestServer.StartAsync(data: data))
        {
            await server.WaitForAsync(await server.SubmitAsync());
        }
        using (FileStream database = new(Path.Combine(data, "ltx.db"), FileMode.Open))
        {
            database.Position = 4096; // the first page tells of no damage
            database.Write(new byte[database.Length - 4096]);
        }

        LtxRun run = await LtxInProcess.RunAsync(["serve", "--urls", "http://127.0.0.1:0", "--data", data]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is damaged", Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(params string[] settings)
    {
        TestHost.FakeEngine engine = new();
        return TestServer.StartAsync(engine: engine, register: (services, options) =>
        {
            ServeCommand.AddEngine(services, ConfigurationSources.Build(null, settings), options);
            services.AddSingleton<IInpaintRunner>(engine.Runner);
        });
    }

    private static async Task<string> UploadAsync(TestServer server)
    {
        var started = (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" })).Json;
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, started.GetProperty("upload_url").GetString()!, new StringContent("video"))).Status);
        var url = started.GetProperty("file_url").GetString()!;
        return url;
    }

    private static async Task<string> SubmitAsync(TestServer server, string video, string? webhook)
    {
        var query = webhook is null ? "" : "?fal_webhook=" + Uri.EscapeDataString(webhook);
        return (await server.PostAsync(TestServer.Submit + query, TestServer.Input(("video_url", video), ("mask_video_url", "data:video/mp4;base64,AAAA"), ("loras", Array.Empty<object>())))).Json.GetProperty("request_id").GetString()!;
    }
}
