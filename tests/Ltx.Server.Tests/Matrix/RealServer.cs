using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Matrix;

/// <summary>
/// The real server with the real downloader, the real engine and the miniature model, started once for all tests of the matrix, and files to
/// send it. Small clips are worked on as small as they are: what they look like is no matter here.
/// </summary>
public sealed class RealServer : IAsyncLifetime
{
    /// <summary>Of a request that does not change them.</summary>
    internal const string Prompt = "a red disc";

    /// <inheritdoc cref="Prompt"/>
    internal const long Seed = 1234;

    // Small enough that a test can make a file that is larger.
    internal const long MaxVideoBytes = 4 << 20;

    // Tests of a collection run one after the other.
    private readonly Dictionary<string, MadeClip> made = [];

    private TestServer? server;

    internal TestServer Server => server ?? throw new InvalidOperationException("The server has not been started.");

    internal TestFolder Folder { get; } = new();

    internal MatrixClips Clips { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Clips = new MatrixClips(Folder);
        server = await TestServer.StartAsync(options => options.Inpaint.WorkingShortSide = 0, register: (services, options) => ServeCommand.AddEngine(
            services, ConfigurationSources.Build(null, [$"Fetch:AllowedFolders:0={Folder.Path}", $"Fetch:AllowedFolders:1={Repository.Root}", $"Fetch:MaxVideoBytes={MaxVideoBytes}"]), options));
    }

    /// <summary>Sends a request, changed in some fields, and waits for its end; a null removes a field.</summary>
    internal async Task<Ended> SendAsync(params IEnumerable<(string Field, object? Value)> changes)
    {
        string id = await SubmitAsync(changes);
        JsonElement status = await Server.WaitForAsync(id);
        return new Ended(await Server.ResultAsync(id), Lines(status));
    }

    /// <summary>Sends a request, changed in some fields, and gives its id.</summary>
    internal async Task<string> SubmitAsync(params IEnumerable<(string Field, object? Value)> changes)
    {
        Answer submitted = await Server.PostAsync(TestServer.Submit, Input(changes));
        Assert.True(submitted.Status == 200, submitted.Body);
        return submitted.Json.GetProperty("request_id").GetString()!;
    }

    /// <summary>The messages of a status call's log.</summary>
    internal static string[] Lines(JsonElement status) => [.. status.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)];

    private Dictionary<string, object?> Input(IEnumerable<(string Field, object? Value)> changes)
    {
        Dictionary<string, object?> input = new()
        {
            ["prompt"] = Prompt,
            ["video_url"] = Url(Clips.Source),
            ["mask_video_url"] = Url(Clips.Mask),
            ["num_frames"] = MatrixClips.Frames,
            ["num_inference_steps"] = 8,
            ["seed"] = Seed,
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
        return input;
    }

    /// <summary>What a request gives that must go well; made once, where the seed is not drawn.</summary>
    internal async Task<MadeClip> RunAsync(params IEnumerable<(string Field, object? Value)> changes)
    {
        Dictionary<string, object?> input = Input(changes);
        string key = JsonSerializer.Serialize(input);
        if (input.ContainsKey("seed") && made.TryGetValue(key, out MadeClip? before)) return before;
        return made[key] = await MakeAsync(changes);
    }

    private async Task<MadeClip> MakeAsync(IEnumerable<(string Field, object? Value)> changes)
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

    /// <summary>A file's address for a server that may read it where it lies.</summary>
    internal static string Url(string path) => new Uri(path).AbsoluteUri;

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        Folder.Dispose();
    }
}
