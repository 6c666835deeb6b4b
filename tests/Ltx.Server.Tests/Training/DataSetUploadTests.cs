using System.Security.Cryptography;
using System.Text.Json;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Training;

/// <summary>Data sets are uploaded as everything is, and may be larger.</summary>
[Fast]
public class DataSetUploadTests
{
    [Fact]
    public async Task A_zip_may_have_what_a_data_set_may_have()
    {
        await using var server = await StartAsync();
        foreach (var (type, name, length, status) in new[]
        {
            ("application/zip", "data", 5000, 200),
            ("application/x-zip-compressed", "data", 5000, 200),
            ("application/octet-stream", "data.ZIP", 5000, 200),
            ("application/zip", "data.zip", 5001, 413),
            ("video/mp4", "clip.mp4", 1000, 200),
            ("video/mp4", "clip.mp4", 1001, 413),
        })
        {
            var content = RandomNumberGenerator.GetBytes(length);
            var target = await BeginAsync(server, "initiate", type, name);
            Assert.Equal(status, (await server.SendAsync(HttpMethod.Put, target.Upload, new ByteArrayContent(content))).Status);

            // In two parts, of which the second one is too much where the whole is.
            target = await BeginAsync(server, "initiate-multipart", type, name);
            List<JsonElement> parts = [];
            foreach (var (place, part) in content.Chunk((length / 2) + 1).Index())
            {
                var url = target.Upload.Replace("?", $"/{place + 1}?", StringComparison.Ordinal);
                var answer = await server.SendAsync(HttpMethod.Put, url, new ByteArrayContent(part));
                Assert.Equal(place == 0 ? 200 : status, answer.Status);
                parts.Add(answer.Json);
            }

            if (status == 200)
            {
                Assert.Equal(200, (await server.PostAsync(target.Upload.Replace("?", "/complete?", StringComparison.Ordinal), new { parts })).Status);
                Assert.Equal(content, await server.Client.GetByteArrayAsync(target.File));
            }
        }
    }

    [Fact]
    public async Task An_uploaded_data_set_is_trained_with_where_it_lies()
    {
        await using var server = await StartAsync();
        var target = await BeginAsync(server, "initiate", "application/zip", "data.zip");
        var content = RandomNumberGenerator.GetBytes(3000);
        await server.SendAsync(HttpMethod.Put, target.Upload, new ByteArrayContent(content));
        var id = await server.TrainAsync(("training_data_url", target.File));
        await server.WaitForAsync(id);
        Assert.Equal(200, (await server.ResultAsync(id)).Status);
        Assert.Empty(server.Engine.Fetcher.Asked);
        Assert.Equal(content, await server.Client.GetByteArrayAsync(target.File)); // an upload stays an upload
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(o => (o.Files.MaxUploadBytes, o.Training.MaxDataSetBytes) = (1000, 5000));

    private static async Task<(string File, string Upload)> BeginAsync(TestServer server, string how, string type, string name)
    {
        var begun = (await server.PostAsync($"/storage/upload/{how}", new { content_type = type, file_name = name })).Json;
        return (begun.GetProperty("file_url").GetString()!, begun.GetProperty("upload_url").GetString()!);
    }
}
