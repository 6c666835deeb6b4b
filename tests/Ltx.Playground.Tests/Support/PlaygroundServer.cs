using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ltx.Server.Tests.Commands;

namespace Ltx.Playground.Tests.Support;

/// <summary>The server as a process of its own with a data folder of its own: around a stand-in for the model, or `ltx serve` on the miniature.</summary>
internal sealed class PlaygroundServer : IDisposable
{
    public const string Key = "the-right-key";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly TestFolder folder = new();
    private readonly bool hasKey, hasModel;
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromMinutes(5) };
    private Process process = null!;
    private StringBuilder said = new();

    private PlaygroundServer(bool hasKey, bool hasModel) => (this.hasKey, this.hasModel) = (hasKey, hasModel);

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    public int ProcessId => process.Id;

    /// <param name="comesBack">it will be ended and begin again where it was</param>
    /// <param name="hasModel">it computes with the miniature, which takes a request's whole time; without, films are made as quickly as ffmpeg does</param>
    public static async Task<PlaygroundServer> StartAsync(bool hasKey, bool comesBack = false, bool hasModel = false)
    {
        PlaygroundServer server = new(hasKey, hasModel);
        if (comesBack) server.Url = new Uri($"http://127.0.0.1:{OwnPort()}");
        await server.BeginAsync();
        if (hasKey) server.client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Key", Key);
        return server;
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    /// <summary>Begins again where it was: the same address, the same data.</summary>
    public Task BeginAgainAsync() => BeginAsync();

    /// <summary>An answer of the API, asked for with the key.</summary>
    public async Task<JsonElement> GetAsync(string path) => await client.GetFromJsonAsync<JsonElement>(new Uri(Url, path));

    /// <summary>Asks until the answer is as it should be.</summary>
    public async Task UntilAsync(string path, Func<JsonElement, bool> isSo)
    {
        using CancellationTokenSource late = new(Limit);
        while (!isSo(await GetAsync(path))) await Task.Delay(100, late.Token);
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using HttpResponseMessage answer = await client.PostAsJsonAsync(new Uri(Url, path), body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Ends a request; one that has ended by itself is left as it is.</summary>
    public async Task CancelAsync(string requestId)
    {
        using HttpResponseMessage answer = await client.PutAsync(new Uri(Url, $"/queue/fal-ai/ltx-2.3-quality/requests/{requestId}/cancel"), null);
        Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.BadRequest, $"Cancel: {answer.StatusCode}");
    }

    /// <summary>Takes from the server what a request was made of and what it made.</summary>
    public async Task DeletePayloadsAsync(string requestId)
    {
        using HttpResponseMessage answer = await client.DeleteAsync(new Uri(Url, $"/v1/models/requests/{requestId}/payloads"));
        Assert.True(answer.IsSuccessStatusCode, $"Delete: {answer.StatusCode}");
    }

    /// <summary>A file of the server, whatever name its URL gives the server.</summary>
    public Task<byte[]> FileAsync(string url) => client.GetByteArrayAsync(new Uri(Url, new Uri(url).AbsolutePath));

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
        client.Dispose();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                folder.Dispose();
                return;
            }
            catch (IOException) when (attempt < 300)
            {
                Thread.Sleep(100); // an ffmpeg of the server's is about to end too, and nobody tells when
            }
        }
    }

    private async Task BeginAsync()
    {
        string data = folder.Folder("data");
        string told = Path.Combine(data, "server.json");
        File.Delete(told);
        List<string> settings = [$"Server:Urls={Url.ToString().TrimEnd('/')}", $"Server:Data={data}", "Files:MinFreeBytes=0", "Safety:Mode=off", "Telemetry:LogLevel=Warning"];
        if (hasKey) settings.AddRange(["Auth:Keys:0:Name=painter", $"Auth:Keys:0:Hash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}"]);
        string[] arguments = hasModel
            ? [Path.Combine(AppContext.BaseDirectory, "ltx.dll"), "serve", .. settings.SelectMany(setting => new[] { "--set", setting })]
            : [Path.Combine(AppContext.BaseDirectory, "Ltx.Server.TestHost.dll"), .. settings];
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LTX_HOME"] = Repository.Root;
        start.Environment["FAKE_FILMS"] = "1";
        said = new StringBuilder();
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using CancellationTokenSource late = new(Limit);
        while (!await IsReadyAsync(told)) await Task.Delay(50, late.Token);
    }

    private async Task<bool> IsReadyAsync(string told)
    {
        if (process.HasExited) throw new InvalidOperationException($"The server ended: {said}");
        try
        {
            using JsonDocument server = JsonDocument.Parse(await File.ReadAllTextAsync(told));
            Url = new Uri(server.RootElement.GetProperty("url").GetString()!);
            using HttpResponseMessage answer = await client.GetAsync(new Uri(Url, "/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is IOException or JsonException or HttpRequestException)
        {
            return false; // not yet
        }
    }

    /// <summary>A free port below those that the system gives to connections by itself (32768 and above): nobody has it while the server is away.</summary>
    private static int OwnPort()
    {
        for (; ; )
        {
            int port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using TcpListener probe = new(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }

    private void Hear(string? line)
    {
        lock (said) said.AppendLine(line);
    }
}
