using Ltx.Inference.Safety;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Files;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Safety;

/// <summary>The real server, the real engine and the real client of fal: what the policy refuses, and what it lets through.</summary>
public sealed class RefusalTests(RefusalTests.Served served) : IClassFixture<RefusalTests.Served>, IDisposable
{
    /// <summary>A server for all policies: a request is held to the thresholds that are set when it runs.</summary>
    public sealed class Served : IAsyncLifetime
    {
        internal TestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await StartAsync(_ => { });

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    // A run of the engine on a busy machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly TestFolder folder = new();

    // Outputs of the tests before this one.
    private readonly int before = Outputs(served.Server).Count;

    [Fact]
    public async Task An_ordinary_scene_passes_at_the_default_thresholds()
    {
        var server = Under(_ => { });
        var scene = Path.Combine(ModelLocator.Home, "tests", "scenes", "03");
        await JavaScriptClient.RunAsync(server, "safety", "middleware", Limit, Path.Combine(scene, "source.mp4"), Path.Combine(scene, "mask.mp4"), "nowhere");
        Assert.Equal(before + 1, Outputs(server).Count);
    }

    [Fact]
    public async Task A_result_that_shows_too_much_is_refused_and_no_file_of_it_stays()
    {
        // No picture is that harmless; the source is not looked at, so that the clip is made before it is refused.
        var server = Under(safety => (safety.SourceFrames, safety.Drawing, safety.Neutral) = (0, 0, 0));
        await RunAsync(server, TestMedia.Mask(folder, width: 64, height: 64), "body");
        // The one of the request that asked for no check.
        Assert.Equal(before + 1, Outputs(server).Count);
    }

    [Fact]
    public async Task A_source_that_shows_too_much_is_refused_before_the_engine_runs()
    {
        var server = Under(safety => (safety.ResultFrames, safety.Porn) = (0, 0));
        await RunAsync(server, Black(64), "body");
        Assert.Equal(before + 1, Outputs(server).Count);
    }

    [Fact]
    public async Task A_passage_of_two_frames_is_refused_at_the_default_thresholds()
    {
        const int Side = SafetyClassifier.Side, Frames = 9, First = 4, Last = 5;
        // A pattern without meaning that the model is sure of, between frames of nothing.
        var sure = SurePattern.Read(1);
        var calm = Enumerable.Repeat((byte)90, sure.Length).ToArray();
        var raw = folder.Bytes("frames.rgb", [.. Enumerable.Range(0, Frames).SelectMany(frame => frame is >= First and <= Last ? sure : calm)]);
        // Without loss: the model sees in it what it sees to the last level alone.
        var source = TestMedia.Make(folder, "source.mp4", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", $"{Side}x{Side}", "-r", "24", "-i", raw, "-c:v", "libx264rgb", "-qp", "0");
        var server = Under(_ => { });
        await JavaScriptClient.RunAsync(server, "safety", "middleware", Limit, source, Black(Side), "body");
        Assert.Equal(before + 1, Outputs(server).Count);
    }

    [Fact]
    public async Task A_prompt_that_the_list_names_is_refused_at_its_field()
    {
        var list = folder.Named("list.txt");
        await File.WriteAllLinesAsync(list, ["# what nobody may ask for", "red foxes", "/red\\s+f.x/"]);
        await using var server = await StartAsync(safety => safety.PromptList = list);
        await RunAsync(server, Black(64), "prompt");
        Assert.Single(Outputs(server));
    }

    public void Dispose() => folder.Dispose();

    private TestServer Under(Action<SafetyOptions> policy)
    {
        SafetyOptions own = served.Server.Options.Safety, usual = new();
        (own.SourceFrames, own.ResultFrames, own.Drawing, own.Neutral, own.Porn) = (usual.SourceFrames, usual.ResultFrames, usual.Drawing, usual.Neutral, usual.Porn);
        policy(own);
        return served.Server;
    }

    private Task RunAsync(TestServer server, string mask, string where) =>
        JavaScriptClient.RunAsync(server, "safety", "middleware", Limit, TestMedia.Video(folder, width: 64, height: 64), mask, where);

    // Where it does not matter what the model makes, it has no part in the request that asks for no check.
    private string Black(int side) => TestMedia.Make(folder, "black.mp4", "-f", "lavfi", "-i", $"color=black:s={side}x{side}:r=24", "-frames:v", "9", "-pix_fmt", "yuv420p");

    private static Task<TestServer> StartAsync(Action<SafetyOptions> policy) => TestServer.StartAsync(
        options =>
        {
            (options.Inpaint.WorkingShortSide, options.Inpaint.WarmUp) = (0, false);
            policy(options.Safety);
        },
        register: (services, options) => ServeCommand.AddEngine(services, ConfigurationSources.Build(null, []), options));

    // Everything in the folder of files has its row; the client's uploads lie there, too.
    private static List<StoredFile> Outputs(TestServer server)
    {
        var store = server.Service<FileStore>();
        var files = Directory.GetFiles(Path.Combine(server.Options.Server.Data, "files"), "*", SearchOption.AllDirectories).Select(file => store.Find(Path.GetFileName(file))).ToList();
        Assert.DoesNotContain(null, files);
        return files.OfType<StoredFile>().Where(file => file.Kind == FileKind.Output).ToList();
    }
}
