using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Ltx.World.Clips;
using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>
/// `ltx serve` as a process of its own, asked over HTTP as fal's clients do for what <see cref="Product"/> makes; its best quality is not lossless.
/// </summary>
internal sealed class ServedProduct : IProduct, IAsyncDisposable
{
    private const string Application = "/queue/fal-ai/ltx-2.3-quality/inpaint/lora";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10), Pause = TimeSpan.FromMilliseconds(200);

    private readonly string folder;
    private readonly Process server;
    private readonly HttpClient client;
    private string lora = "";

    private ServedProduct(string folder, Process server, HttpClient client) => (this.folder, this.server, this.client) = (folder, server, client);

    /// <param name="folder">for what goes in and comes out; it is there</param>
    /// <param name="model">a name or a folder</param>
    /// <param name="lora">the file; it is uploaded, and every request names what the upload answered</param>
    public static async Task<ServedProduct> StartAsync(string folder, string model, string lora)
    {
        string address = $"http://127.0.0.1:{FreePort()}";
        ProcessStartInfo start = new("dotnet");
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "ltx.dll"), "serve", "--model", model, "--data", Path.Combine(folder, "data"), "--urls", address,
            "--set", "Inpaint:Device=cpu", "--set", "Telemetry:LogLevel=Error",
        ];
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        Process server = Process.Start(start)!;
        HttpClient client = new() { BaseAddress = new Uri(address), Timeout = Patience };
        ServedProduct product = new(folder, server, client);
        try
        {
            await product.UntilAsync(async () => (await client.GetAsync("/health/live")).IsSuccessStatusCode);
            product.lora = await product.UploadAsync(lora, "application/octet-stream");
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    public async Task<Func<int, byte[]>> InpaintAsync(Scene scene, string name)
    {
        string File(string ending) => Path.Combine(folder, name + ending);
        (string source, string mask, string result) = (File("-source.mp4"), File("-mask.mp4"), File("-result.mp4"));
        await ClipFile.WriteAsync(source, scene.Source);
        await ClipFile.WriteAsync(mask, scene.MaskFrame);
        object input = new
        {
            prompt = scene.Prompt,
            video_url = await UploadAsync(source, "video/mp4"),
            mask_video_url = await UploadAsync(mask, "video/mp4"),
            loras = new[] { new { path = lora } },
            num_frames = Scene.Frames,
            frames_per_second = Scene.FramesPerSecond,
            seed = Product.Seed,
            enable_prompt_expansion = false,
            generate_audio = false,
            video_quality = "maximum",
        };
        JsonElement queued = await AnswerAsync(await client.PostAsJsonAsync(Application, input));
        await UntilAsync(async () => (await StateAsync(queued)).GetProperty("status").GetString() == "COMPLETED");
        JsonElement made = await AnswerAsync(await client.GetAsync(Address(queued, "response_url")));
        await System.IO.File.WriteAllBytesAsync(result, await client.GetByteArrayAsync(Address(made.GetProperty("video"), "url")));
        IReadOnlyList<byte[]> frames = await ClipFile.ReadAsync(result);
        return i => frames[i];
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        server.Kill();
        await server.WaitForExitAsync();
        server.Dispose();
    }

    private async Task<JsonElement> StateAsync(JsonElement queued) => await AnswerAsync(await client.GetAsync(Address(queued, "status_url")));

    private async Task<string> UploadAsync(string path, string type)
    {
        object file = new { content_type = type, file_name = Path.GetFileName(path) };
        JsonElement begun = await AnswerAsync(await client.PostAsJsonAsync("/storage/upload/initiate", file));
        using ByteArrayContent bytes = new(await File.ReadAllBytesAsync(path));
        bytes.Headers.ContentType = new MediaTypeHeaderValue(type);
        using HttpResponseMessage sent = await client.PutAsync(Address(begun, "upload_url"), bytes);
        sent.EnsureSuccessStatusCode();
        return begun.GetProperty("file_url").GetString()!;
    }

    private static string Address(JsonElement answer, string name) => new Uri(answer.GetProperty(name).GetString()!).PathAndQuery;

    private static async Task<JsonElement> AnswerAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        response.Dispose();
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{(int)response.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    private async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); ; await Task.Delay(Pause))
        {
            if (server.HasExited || watch.Elapsed > Patience) throw new InvalidOperationException("The server ended, or takes too long.");
            try
            {
                if (await isSo()) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
