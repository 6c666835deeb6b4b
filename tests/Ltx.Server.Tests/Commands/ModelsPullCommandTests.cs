using System.Text.Json;
using Ltx.Server.Tests.Models;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx models pull`: the licence, the token's sources, and a kill in the middle.</summary>
public sealed class ModelsPullCommandTests : IAsyncDisposable
{
    // Three segments of the size that the program uses.
    private const int WeightBytes = 70_000_000;

    private readonly TestFolder folder = new();
    private readonly FakeHub hub = new();

    public ModelsPullCommandTests() => hub.Add("config.json", "{}");

    private string Model => folder.Named("model");

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Killed_in_the_middle_it_goes_on_where_it_stopped()
    {
        byte[] weights = hub.Add("weights.safetensors", WeightBytes);
        string part = Path.Combine(Model, "weights.safetensors.part"), final = Path.Combine(Model, "weights.safetensors");
        hub.OnStorage = async (request, response) =>
        {
            // The first segment comes; the others begin, and then nothing more.
            if (FakeHub.Range(request, WeightBytes).From == 0) return false;
            await hub.HonestAsync(request, response, cutAfter: 1_000_000);
            await Task.Delay(Timeout.Infinite, response.Stopped);
            return true;
        };
        using (LtxProcess first = LtxProcess.Start(Arguments("--accept-licence")))
        {
            // The note is there when the first segment is; and no request may come later, when the second process is listened to.
            using CancellationTokenSource late = new(TimeSpan.FromMinutes(10));
            while (!File.Exists(part + ".json") || hub.Loaded.Count < 3) await Task.Delay(20, late.Token);
        }
        Assert.True(File.Exists(part));
        Assert.False(File.Exists(final));
        Assert.False(File.Exists(Path.Combine(Model, "model.json")));
        LtxRun unfinished = await LtxInProcess.RunAsync(["models", "verify", Model]);
        Assert.Equal($"ltx: {Model} holds only a part of the model test: `ltx models pull test --to {Model}` gets the rest.",
            Assert.Single(unfinished.Complaints));
        hub.OnStorage = (_, _) => Task.FromResult(false);
        int before = hub.Loaded.Count;

        LtxRun run = (await LtxInProcess.RunAsync(Arguments("--accept-licence"))).Succeeded();

        Assert.Equal(weights, await File.ReadAllBytesAsync(final));
        Assert.Equal(["bytes=33554432-67108863", "bytes=67108864-69999999"], hub.Loaded.Skip(before).Select(request => request.Header("Range")).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(part));
        Assert.Contains($"{FakeHub.Repository} at {FakeHub.Commit}", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{Model} is ready; ", run.Output, StringComparison.Ordinal);
        // What came before the kill is not told as still to come.
        Assert.Matches(@"(?m)^2 of 2 files to load, 36\.4 MB, into .+; the rest of 70\.0 MB is there already$", run.Output);
    }

    [Fact]
    public async Task What_would_be_loaded_is_told_without_loading_it_and_what_was_is_removed_when_asked_for()
    {
        hub.Add("weights.safetensors", 2000);
        LtxRun dry = (await LtxInProcess.RunAsync(Arguments("--accept-licence", "--dry-run"))).Succeeded();
        Assert.Matches(@"(?m)^2 of 2 files to load, 2\.0 kB, into ", dry.Output);
        Assert.Empty(hub.Loaded);
        (await LtxInProcess.RunAsync(Arguments("--accept-licence"))).Succeeded();

        LtxRun asked = await LtxInProcess.RunAsync(["models", "rm", Model]);
        Assert.Equal(2, asked.ExitCode);
        Assert.EndsWith("is still there: add --yes to remove it.", Assert.Single(asked.Complaints), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Model, "weights.safetensors")));
        (await LtxInProcess.RunAsync(["models", "rm", Model, "--yes"])).Succeeded();
        Assert.False(Directory.Exists(Model));
    }

    [Fact]
    public async Task Nothing_is_loaded_before_the_licence_is_accepted()
    {
        hub.Add("weights.safetensors", 2000);

        LtxRun run = await LtxInProcess.RunAsync(Arguments());

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("ltx: These licences must be accepted before anything is loaded: read them, then call again with --accept-licence.", Assert.Single(run.Complaints));
        Assert.Contains("  A licence of the test's, https://licence.example/text\n    owner/model\n", run.Output, StringComparison.Ordinal);
        Assert.Empty(hub.Asked);
        Assert.False(Directory.Exists(Model));
    }

    [Theory]
    [InlineData("environment")]
    [InlineData("file")]
    [InlineData("the hub's own file")]
    public async Task The_token_comes_from_where_it_is_said_to(string source)
    {
        hub.Add("weights.safetensors", 2000);
        Dictionary<string, string> environment = new() { ["HF_HOME"] = folder.Folder("hub"), ["HF_TOKEN"] = source == "environment" ? "hf_secret" : "" };
        folder.Text("hub/token", source == "the hub's own file" ? "hf_secret\n" : "hf_other");
        string[] option = source == "file" ? ["--token-file", folder.Text("token", "hf_secret\n")] : [];

        (await LtxProcess.RunAsync(Arguments(["--accept-licence", .. option]), environment)).Succeeded();

        Assert.All(hub.Asked, request => Assert.Equal("Bearer hf_secret", request.Header("Authorization")));
    }

    [Fact]
    public async Task The_mirror_of_the_environment_is_asked()
    {
        hub.Add("weights.safetensors", 2000);
        string[] arguments = Arguments("--accept-licence");
        int endpoint = Array.IndexOf(arguments, "--endpoint");

        (await LtxProcess.RunAsync([.. arguments[..endpoint], .. arguments[(endpoint + 2)..]], new Dictionary<string, string> { ["HF_ENDPOINT"] = hub.Url.AbsoluteUri })).Succeeded();

        Assert.NotEmpty(hub.Asked);
    }

    [Fact]
    public async Task The_proxy_of_the_environment_is_gone_through()
    {
        string[] arguments = Arguments("--accept-licence");
        arguments[Array.IndexOf(arguments, "--endpoint") + 1] = "http://hub.example";

        // The stand-in for a proxy has no such host.
        LtxRun run = await LtxProcess.RunAsync(arguments, new Dictionary<string, string> { ["http_proxy"] = hub.Url.AbsoluteUri, ["no_proxy"] = "" });

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("http://hub.example/api/models/owner/model/revision/main", Assert.Single(hub.Asked).Target);
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_said_before_anything_is_loaded()
    {
        hub.Add("weights.safetensors", 2000);
        // Nobody has a disk for this.
        hub.LengthLie = 1L << 60;

        LtxRun run = await LtxInProcess.RunAsync(Arguments("--accept-licence"));

        Assert.Equal(2, run.ExitCode);
        Assert.Matches($@"^ltx: The disk of {System.Text.RegularExpressions.Regex.Escape(Model)} has \d+\.\d GB free, and 1152921504\.6 GB are still to be loaded\.$", Assert.Single(run.Complaints));
        Assert.Empty(hub.Loaded);
    }

    [Fact]
    public async Task A_pulled_model_is_verified_against_its_lock()
    {
        hub.Add("weights.safetensors", 2000);
        (await LtxInProcess.RunAsync(Arguments("--accept-licence"))).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(Model, "text", "config.json"), "[]");

        LtxRun run = await LtxInProcess.RunAsync(["models", "verify", Model]);

        // The stand-ins for weights are none, which is said as well.
        Assert.Equal(2, run.ExitCode);
        Assert.Matches(@"(?m)^WRONG  hashes +2 files of owner/model$", run.Output);
        Assert.Matches(@"(?m)^ +.+config\.json has the git blob [0-9a-f]{40}, and the hub stated [0-9a-f]{40}: it was changed or damaged here\. Remove it and pull again\.$", run.Output);
    }

    private string[] Arguments(params string[] more)
    {
        var part = new { repository = FakeHub.Repository, licence = "free" };
        var manifest = new
        {
            endpoint = "https://hub.example",
            licences = new { free = new { name = "A licence of the test's", page = "https://licence.example/text" } },
            models = new
            {
                test = new
                {
                    description = "a model",
                    prompt_expansion = false,
                    parts = new
                    {
                        checkpoint = new { part.repository, part.licence, file = "weights.safetensors" },
                        upscaler = new { part.repository, part.licence, file = "weights.safetensors" },
                        text_encoder = new { part.repository, part.licence, folder = "text", files = new[] { "*.json" } },
                    },
                },
            },
        };
        return ["models", "pull", "test", "--manifest", folder.Text("manifest.json", JsonSerializer.Serialize(manifest)), "--to", Model, "--endpoint", hub.Url.AbsoluteUri, .. more];
    }
}
