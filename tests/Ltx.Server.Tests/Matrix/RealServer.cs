using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Matrix;

/// <summary>The real server with the real downloader, the real engine and the miniature model, started once for all tests of the matrix, and files to send it.</summary>
public sealed class RealServer : IAsyncLifetime
{
    // Small enough that a test can make a file that is larger.
    internal const long MaxVideoBytes = 4 << 20;

    // A clip of the endpoint's most frames may take a busy machine this long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private TestServer? server;
    private Task<MadeClip>? plain;

    internal TestServer Server => server ?? throw new InvalidOperationException("The server has not been started.");

    internal TestFolder Folder { get; } = new();

    internal MatrixClips Clips { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Clips = new MatrixClips(Folder);
        server = await TestServer.StartAsync(register: (services, options) => ServeCommand.AddEngine(
            services, ConfigurationSources.Build(null, [$"Fetch:AllowedFolders:0={Folder.Path}", $"Fetch:AllowedFolders:1={Repository.Root}", $"Fetch:MaxVideoBytes={MaxVideoBytes}"]), options));
    }

    /// <summary>Sends a request, changed in some fields, and waits for its end; a null removes a field.</summary>
    internal async Task<Ended> SendAsync(params IEnumerable<(string Field, object? Value)> changes)
    {
        Dictionary<string, object?> input = new()
        {
            ["prompt"] = "a red disc",
            ["video_url"] = Url(Clips.Source),
            ["mask_video_url"] = Url(Clips.Mask),
            ["num_frames"] = MatrixClips.Frames,
            ["num_inference_steps"] = 8,
            ["seed"] = 1234,
            ["video_quality"] = "maximum",
            ["video_write_mode"] = "fast",
            // It has a test of its own, and every second counts here.
            ["enable_safety_checker"] = false,
            ["loras"] = Array.Empty<object>(),
        };
        foreach ((string field, object? value) in changes)
        {
            if (value is null) input.Remove(field);
            else input[field] = value;
        }
        Answer submitted = await Server.PostAsync(TestServer.Submit, input);
        Assert.True(submitted.Status == 200, submitted.Body);
        string id = submitted.Json.GetProperty("request_id").GetString()!;
        for (DateTime deadline = DateTime.UtcNow + Patience; ; await Task.Delay(20))
        {
            JsonElement status = (await Server.GetAsync($"/queue{TestServer.App}/requests/{id}/status?logs=1")).Json;
            if (status.GetProperty("status").GetString() == "COMPLETED")
            {
                return new Ended(await Server.ResultAsync(id), [.. status.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)]);
            }
            Assert.True(DateTime.UtcNow < deadline, $"{id} did not end: {status}");
        }
    }

    /// <summary>The same for a request that must go well.</summary>
    internal async Task<MadeClip> RunAsync(params IEnumerable<(string Field, object? Value)> changes)
    {
        Ended ended = await SendAsync(changes);
        Assert.True(ended.Answer.Status == 200, ended.Answer.Body);
        string url = ended.Answer.Json.GetProperty("video").GetProperty("url").GetString()!;
        byte[] bytes = url.StartsWith("data:video/mp4;base64,", StringComparison.Ordinal)
            ? Convert.FromBase64String(url["data:video/mp4;base64,".Length..])
            : await Server.Client.GetByteArrayAsync(new Uri(url));
        Assert.Equal(ended.Answer.Json.GetProperty("video").GetProperty("file_size").GetInt64(), bytes.Length);
        return new MadeClip(
            Folder.Bytes($"made-{Guid.NewGuid():N}.mp4", bytes),
            ended.Answer.Json.GetProperty("seed").GetInt64(), ended.Answer.Json.GetProperty("prompt").GetString()!, url, ended.Logs);
    }

    /// <summary>What the request gives that is not changed in any field; made once.</summary>
    internal Task<MadeClip> PlainAsync() => plain ??= RunAsync();

    /// <summary>A file's address for a server that may read it where it lies.</summary>
    internal static string Url(string path) => new Uri(path).AbsoluteUri;

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        Folder.Dispose();
    }
}
