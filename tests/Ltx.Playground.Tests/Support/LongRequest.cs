using System.Text.Json;
using Ltx.Server.Tests.Commands;

namespace Ltx.Playground.Tests.Support;

/// <summary>
/// A request that keeps the server's one worker until the test lets go of it. What is sent behind it waits for certain, so that no test depends on
/// how long a short request waits or runs.
/// </summary>
internal sealed class LongRequest : IAsyncDisposable
{
    private readonly PlaygroundServer server;

    private LongRequest(PlaygroundServer server, string id) => (this.server, Id) = (server, id);

    public string Id { get; }

    /// <summary>Sends it; the worker takes it up when what was sent before has ended.</summary>
    public static async Task<LongRequest> BeginAsync(Browser browser, PlaygroundServer server)
    {
        using TestFolder folder = new();
        JsonElement queued = await server.PostAsync("/queue/fal-ai/ltx-2.3-quality/inpaint/lora", new
        {
            prompt = "a long request",
            video_url = DataUri("video/mp4", browser.Film("02")),
            mask_video_url = DataUri("image/png", TestMedia.StillMask(folder, 384, 256)),
            loras = Array.Empty<object>(),
            num_frames = 25,
            num_inference_steps = 30, // the most that the endpoint takes; without a model the run stays in it
        });
        return new LongRequest(server, queued.GetProperty("request_id").GetString()!);
    }

    public async ValueTask DisposeAsync() => await server.CancelAsync(Id);

    private static string DataUri(string type, string file) => $"data:{type};base64,{Convert.ToBase64String(File.ReadAllBytes(file))}";
}
