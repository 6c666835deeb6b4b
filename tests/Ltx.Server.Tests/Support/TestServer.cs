using System.Net.Http.Json;
using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Queue;
using Ltx.Server.TestHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Tests.Support;

/// <summary>The whole server on a free port of this process, over a data folder of its own, with the fake engine.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string App = "/fal-ai/ltx-2.3-quality";
    public const string Submit = "/queue" + App + "/inpaint/lora";
    public const string Run = App + "/inpaint/lora";

    /// <summary>The trainer of LoRAs for it.</summary>
    public const string Train = "/queue/fal-ai/ltx23-trainer-v2/inpaint";

    /// <summary>Only a failure waits so long: the real engine may stand behind the server, on a machine with other work.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly WebApplication _app;
    private readonly bool _ownsData;

    private TestServer(WebApplication app, FakeEngine engine, LtxOptions options, bool ownsData)
    {
        (_app, Engine, Options, _ownsData) = (app, engine, options, ownsData);
        Url = app.Urls.First();
        Client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromMinutes(5) };
    }

    public string Url { get; }

    public HttpClient Client { get; }

    public FakeEngine Engine { get; }

    public LtxOptions Options { get; }

    public static async Task<TestServer> StartAsync(Action<LtxOptions>? configure = null, FakeEngine? engine = null, string? data = null, Action<IServiceCollection, LtxOptions>? register = null)
    {
        LtxOptions options = new();
        options.Server.Urls = "http://127.0.0.1:0";
        options.Server.Data = data ?? Path.Combine(Path.GetTempPath(), "ltx-test-" + Guid.NewGuid().ToString("N"));
        options.Telemetry.LogLevel = LogLevel.Critical;
        options.Files.MinFreeBytes = 0;
        options.Queue.DrainSeconds = 5;
        configure?.Invoke(options);
        engine ??= new FakeEngine();
        var app = ServeHost.Build(options, services =>
        {
            engine.Register(services);
            // What a stop leaves behind is a fact, and not how long a busy machine takes for it.
            services.PostConfigure<HostOptions>(host => host.ShutdownTimeout = Patience);
            register?.Invoke(services, options); // a later registration wins
        });
        await app.StartAsync();
        return new TestServer(app, engine, options, data is null);
    }

    public RequestQueue Queue => Service<RequestQueue>();

    public T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Stops gracefully; the data folder stays when the test gave it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Client.Dispose();
        if (_ownsData)
        {
            Directory.Delete(Options.Server.Data, recursive: true);
        }
    }

    /// <summary>Of a queue that takes everybody in.</summary>
    internal static WaitingBounds NoBounds { get; } = new(JobKind.Inpaint, int.MaxValue, null, 0);

    /// <summary>A request as the endpoint would hand it to the queue.</summary>
    internal static NewRequest NewRequest() => new()
    {
        Id = Guid.NewGuid().ToString(),
        Endpoint = Applications.Default.Id,
        Owner = "somebody",
        Lane = Lane.Normal,
        Sync = false,
        BaseUrl = "http://127.0.0.1/queue",
        Input = JsonSerializer.SerializeToUtf8Bytes(Input()),
        ShortInput = null,
        StoreIo = true,
        NoRetry = false,
        LoraSet = "",
        OutputLifetime = null,
        StartWithin = null,
        Webhook = null,
        InputFiles = [],
    };

    /// <summary>Stops, and leaves what has not ended after a while.</summary>
    public async Task LeaveAsync(TimeSpan after)
    {
        using CancellationTokenSource late = new(after);
        await _app.StopAsync(late.Token);
        await _app.DisposeAsync();
        Client.Dispose();
    }

    /// <summary>A valid input with changes: a null removes the field.</summary>
    public static Dictionary<string, object?> Input(params (string Name, object? Value)[] changes)
    {
        Dictionary<string, object?> input = new()
        {
            ["prompt"] = "a red fox",
            ["video_url"] = "https://example.com/video.mp4",
            ["mask_video_url"] = "https://example.com/mask.mp4",
            ["num_inference_steps"] = 8,
            ["loras"] = new[] { new { path = "https://example.com/a.safetensors", scale = 1, transformer = "both" } },
        };
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                input.Remove(name);
            }
            else
            {
                input[name] = value;
            }
        }

        return input;
    }

    public Task<Answer> PostAsync(string path, object body, params (string, string)[] headers) => SendAsync(HttpMethod.Post, path, JsonContent.Create(body), headers);

    public Task<Answer> GetAsync(string path, params (string, string)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage message = new(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Client.SendAsync(message);
        return new Answer(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Submits and returns the id.</summary>
    public async Task<string> SubmitAsync(params (string Name, object? Value)[] changes)
    {
        var answer = await PostAsync(Submit, Input(changes));
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("request_id").GetString()!;
    }

    /// <summary>A valid input of a trainer with changes: a null removes the field.</summary>
    public static Dictionary<string, object?> TrainingInput(params (string Name, object? Value)[] changes)
    {
        Dictionary<string, object?> input = new() { ["training_data_url"] = "https://example.com/data.zip", ["number_of_steps"] = 100 };
        foreach (var (name, value) in changes)
        {
            input[name] = value;
        }

        return input.Where(field => field.Value is not null).ToDictionary();
    }

    /// <summary>Submits to a trainer and returns the id.</summary>
    public async Task<string> TrainAsync(params (string Name, object? Value)[] changes)
    {
        var answer = await PostAsync(Train, TrainingInput(changes));
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("request_id").GetString()!;
    }

    public async Task<JsonElement> WaitForAsync(string id, string status = "COMPLETED", string query = "?logs=1", params (string, string)[] headers)
    {
        // What takes long is asked for less and less often: every look costs a machine that has other work.
        var pause = 5;
        for (var deadline = DateTime.UtcNow + Patience; ; await Task.Delay(pause = Math.Min(pause + 5, 100)))
        {
            var answer = await GetAsync($"/queue{App}/requests/{id}/status{query}", headers);
            Assert.True(answer.Status is 200 or 202, answer.Body);
            if (answer.Json.GetProperty("status").GetString() == status)
            {
                return answer.Json;
            }

            Assert.True(DateTime.UtcNow < deadline, $"{id} did not become {status}: {answer.Body}");
        }
    }

    /// <summary>Waits until the status tells this denoising step, and gives its <c>progress</c>.</summary>
    public async Task<JsonElement> WaitForStepAsync(string id, int step)
    {
        for (var deadline = DateTime.UtcNow + Patience; ; await Task.Delay(10))
        {
            var status = await GetAsync($"/queue{App}/requests/{id}/status");
            if (status.Json.TryGetProperty("progress", out var progress) && progress.ValueKind == JsonValueKind.Object && progress.GetProperty("step").GetInt32() == step)
            {
                return progress;
            }

            Assert.True(DateTime.UtcNow < deadline, $"{id} did not come to step {step}: {status.Body}");
        }
    }

    /// <summary>Waits until the engine has begun a run, and gives the request's id.</summary>
    public async Task<string> WaitForRunAsync()
    {
        for (var deadline = DateTime.UtcNow + Patience; ; await Task.Delay(10))
        {
            if (Engine.Runner.Began.FirstOrDefault().Id is { } id)
            {
                return id;
            }

            Assert.True(DateTime.UtcNow < deadline, "No run began.");
        }
    }

    public Task<Answer> ResultAsync(string id) => GetAsync($"/queue{App}/requests/{id}");

    public Task<Answer> CancelAsync(string id) => SendAsync(HttpMethod.Put, $"/queue{App}/requests/{id}/cancel", null);
}
