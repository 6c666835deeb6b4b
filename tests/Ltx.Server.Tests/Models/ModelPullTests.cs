using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ltx.Server.Models;
using Ltx.Server.Tests.Fetch.Support;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Models;

/// <summary>Pulling from a hub that is honest, and from one that is anything but.</summary>
[Fast]
public sealed class ModelPullTests : IAsyncDisposable
{
    private const string Weights = "weights.safetensors";

    private readonly TempFolder folder = new();
    private readonly FakeHub hub = new();
    private readonly byte[] weights;

    public ModelPullTests()
    {
        // Ten segments and a bit.
        weights = hub.Add(Weights, 104_321);
        hub.Add("config.json", """{"layers": 2}""");
        hub.Add("shard.safetensors", 25_000);
        hub.Add("README.md", "not wanted");
    }

    private string Target => Path.Combine(folder.Path, Weights);

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_model_is_loaded_with_its_folder_lock_and_model_file()
    {
        PullPlan plan = await PullAsync();

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
        Assert.Equal(["config.json", "shard.safetensors"], Directory.GetFiles(Path.Combine(folder.Path, "text")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        JsonNode model = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Path, "model.json")))!;
        Assert.Equal((Weights, "text", true), ((string?)model["checkpoint"], (string?)model["text_encoder"], (bool)model["prompt_expansion"]!));
        Assert.Null(model["distilled_lora"]);
        ModelLock locked = ModelLock.Read(folder.Path)!;
        Assert.Equal(FakeHub.Commit, locked.Repositories[FakeHub.Repository]);
        Assert.Equal(new ContentHash(ContentHash.Algorithm.Sha256, Convert.ToHexStringLower(SHA256.HashData(weights))), locked.Files[Weights].Hash);
        Assert.Equal(ContentHash.Algorithm.GitBlob, locked.Files["text/config.json"].Hash.Kind);
        Assert.Equal(3, plan.Missing.Count);
        Assert.Equal(["model.json", "models.lock.json", "text", Weights], Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Empty(await LockCheck.FaultsAsync(folder.Path, locked, (_, _, _) => { }, CancellationToken.None));
    }

    [Fact]
    public async Task Large_files_come_in_ranges_and_progress_adds_up()
    {
        ConcurrentQueue<(long Done, long Total)> told = [];
        // From any thread, several at once.
        await PullAsync(tell: (_, done, total) => told.Enqueue((done, total)));

        Assert.Equal(11, hub.Loaded.Count(request => request.Target.EndsWith(Convert.ToHexStringLower(SHA256.HashData(weights)), StringComparison.Ordinal)));
        Assert.Single(told.Select(progress => progress.Total).Distinct());
        Assert.Equal(told.First().Total, told.Max(progress => progress.Done));
    }

    [Fact]
    public async Task A_second_pull_loads_nothing_and_stays_with_the_commit()
    {
        await PullAsync();
        int asked = hub.Asked.Count, loaded = hub.Loaded.Count;
        hub.Head = new string('f', 40);

        PullPlan plan = await PullAsync();

        Assert.Empty(plan.Missing);
        Assert.Equal(FakeHub.Commit, plan.Lock.Repositories[FakeHub.Repository]);
        Assert.Equal(loaded, hub.Loaded.Count);
        // A whole model needs no network.
        Assert.Equal(asked, hub.Asked.Count);
    }

    [Fact]
    public async Task An_update_takes_the_branch_anew_and_loads_what_has_changed()
    {
        await PullAsync();
        hub.Head = new string('f', 40);
        byte[] newer = hub.Add("shard.safetensors", 31_000);

        ModelException refusal = await Assert.ThrowsAsync<ModelException>(() => PullAsync(update: true));
        string shard = Path.Combine(folder.Path, "text", "shard.safetensors");
        Assert.Equal($"{shard} is not the file that the hub has; move it away, and pull again.", refusal.Message);
        File.Delete(shard);
        PullPlan plan = await PullAsync(update: true);

        Assert.Equal(["text/shard.safetensors"], plan.Missing);
        Assert.Equal(newer, await File.ReadAllBytesAsync(shard));
    }

    [Fact]
    public async Task Dropped_connections_are_gone_on_with_where_they_broke()
    {
        ConcurrentDictionary<(string Target, int From), bool> tried = [];
        hub.OnStorage = async (request, response) =>
        {
            // Every first try of a segment breaks after 3,000 bytes. Every other one with a reset, which may take back even those.
            int from = FakeHub.Range(request, int.MaxValue).From;
            if (from % 10_000 != 0 || !tried.TryAdd((request.Target, from), true)) return false;
            await hub.HonestAsync(request, response, cutAfter: 3000);
            if (from / 10_000 % 2 == 0) response.Reset();
            return true;
        };

        await PullAsync();

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
        Assert.Contains(hub.Loaded, request => request.Header("Range") == "bytes=13000-19999" && request.Header("If-Range") == "\"v1\"");
    }

    [Fact]
    public async Task A_server_that_gives_up_leaves_what_came_and_the_next_pull_goes_on()
    {
        hub.OnStorage = async (request, response) =>
        {
            if (FakeHub.Range(request, int.MaxValue).From < 50_000) return false;
            await response.StatusAsync("503 Service Unavailable", []);
            return true;
        };
        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(connections: 1));
        Assert.Equal($"{hub.Url} answers 503 (6 tries). What has been loaded stays; pull again later.", failure.Message);
        Assert.False(File.Exists(Target));
        Assert.False(File.Exists(Path.Combine(folder.Path, "model.json")));
        int before = hub.Loaded.Count;
        hub.OnStorage = (_, _) => Task.FromResult(false);

        await PullAsync();

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
        // Six segments of the eleven, and the three of the other file.
        Assert.Equal(6 + 3, hub.Loaded.Count - before);
    }

    [Fact]
    public async Task Retry_after_is_kept_to()
    {
        int refusals = 2;
        DateTimeOffset first = default, second = default;
        hub.OnHub = async (request, response) =>
        {
            if (Interlocked.Decrement(ref refusals) < 0) return false;
            if (first == default) first = DateTimeOffset.UtcNow;
            else second = DateTimeOffset.UtcNow;
            await response.StatusAsync(second == default ? "429 Too Many Requests" : "503 Service Unavailable", [], $"Retry-After: {(second == default ? 1 : 0)}\r\n");
            return true;
        };

        await PullAsync();

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
        // Timers of other clocks may be a little early.
        Assert.True(second - first > TimeSpan.FromSeconds(0.9), $"The second try came after {second - first}.");
    }

    [Fact]
    public async Task Who_asks_for_an_hour_is_not_waited_for()
    {
        hub.OnHub = async (_, response) =>
        {
            await response.StatusAsync("429 Too Many Requests", [], "Retry-After: 3600\r\n");
            return true;
        };

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync());
        Assert.Equal($"{hub.Url} answers 429: too many requests, and asks to be left alone for 3600 s. What has been loaded stays; pull again later.", failure.Message);
    }

    [Theory]
    [InlineData("401 Unauthorized", "", null, "owner/model is not open to everybody: open {0}owner/model and accept its terms, make a token in your account's settings, and set HF_TOKEN to it or write it into ")]
    [InlineData("401 Unauthorized", "", "hf_old", "{0} does not accept the token for owner/model: it may have been revoked, or belong to another hub.")]
    [InlineData("403 Forbidden", "X-Error-Code: GatedRepo\r\n", "hf_x", "The token's account may not read owner/model yet: open {0}owner/model with that account and accept its terms; a fine-grained token also needs the right to read gated repositories.")]
    [InlineData("404 Not Found", "X-Error-Code: RepoNotFound\r\n", null, "{0} has no owner/model, or no such file in it (/api/models/owner/model/revision/main); a private repository needs a token.")]
    [InlineData("404 Not Found", "X-Error-Code: RevisionNotFound\r\n", null, "owner/model has no such revision any more.")]
    [InlineData("410 Gone", "", null, "{0} answers 410 about owner/model.")]
    public async Task What_the_hub_refuses_is_said_with_what_to_do_about_it(string status, string headers, string? token, string sentence)
    {
        hub.OnHub = async (_, response) =>
        {
            await response.StatusAsync(status, [], headers);
            return true;
        };

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(token: token));
        Assert.StartsWith(string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, hub.Url), failure.Message, StringComparison.Ordinal);
        Assert.Single(hub.Asked);
        AssertNothingBad();
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_alone()
    {
        await PullAsync(token: "hf_secret");

        Assert.All(hub.Asked, request => Assert.Equal("Bearer hf_secret", request.Header("Authorization")));
        Assert.All(hub.Loaded, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public async Task A_wrong_hash_is_loaded_once_more_and_then_refused()
    {
        hub.HashLie = new string('a', 64);

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(parts: ["checkpoint"]));

        string actual = Convert.ToHexStringLower(SHA256.HashData(weights));
        Assert.Equal($"\"{Weights}\" of owner/model cannot be trusted: its bytes have the SHA-256 {actual}, and the hub states {hub.HashLie}. It was begun anew once; nothing of it is kept.", failure.Message);
        Assert.Equal(22, hub.Loaded.Count);
        AssertNothingBad();
    }

    [Theory]
    [InlineData(-1000, "the hub states 103321 bytes, and the server 104321")]
    [InlineData(1000, "the hub states 105321 bytes, and the server 104321")]
    public async Task Lengths_that_lie_are_refused(long lie, string says)
    {
        hub.LengthLie = lie;

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(parts: ["checkpoint"]));

        Assert.Equal($"\"{Weights}\" of owner/model cannot be trusted: {says}. It was begun anew once; nothing of it is kept.", failure.Message);
        AssertNothingBad();
    }

    [Fact]
    public async Task A_range_of_other_bytes_than_were_asked_for_is_refused()
    {
        hub.OnStorage = async (request, response) =>
        {
            (int from, int to) = FakeHub.Range(request, weights.Length);
            await response.TextAsync($"HTTP/1.1 206 Partial Content\r\nConnection: close\r\nETag: \"v1\"\r\nContent-Length: {to - from + 1}\r\nContent-Range: bytes 0-{to - from}/{weights.Length}\r\n\r\n");
            await response.BytesAsync(weights.AsMemory(0, to - from + 1));
            return true;
        };

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(parts: ["checkpoint"], connections: 1));

        Assert.Equal($"\"{Weights}\" of owner/model cannot be trusted: the server answers bytes 0-9999 where 10000-19999 were asked for. It was begun anew once; nothing of it is kept.", failure.Message);
        AssertNothingBad();
    }

    [Fact]
    public async Task A_file_that_changes_between_two_ranges_is_begun_anew()
    {
        int answers = 0;
        hub.OnStorage = (_, _) =>
        {
            if (Interlocked.Increment(ref answers) == 5) hub.Tag = "\"v2\"";
            return Task.FromResult(false);
        };

        await PullAsync(connections: 1);

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
        // Four of the first version, the fifth answer that tells of the second, and eleven of that; three of the other file.
        Assert.Equal(4 + 1 + 11 + 3, answers);
    }

    [Fact]
    public async Task A_file_that_changes_all_the_time_is_refused()
    {
        int answers = 0;
        hub.OnStorage = (_, _) =>
        {
            hub.Tag = $"\"v{Interlocked.Increment(ref answers) / 2}\"";
            return Task.FromResult(false);
        };

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(parts: ["checkpoint"], connections: 1));

        Assert.Equal($"\"{Weights}\" of owner/model cannot be trusted: the server's file changed while it was loaded. It was begun anew once; nothing of it is kept.", failure.Message);
        AssertNothingBad();
    }

    [Fact]
    public async Task Redirections_without_end_and_silence_end()
    {
        hub.OnHub = async (request, response) =>
        {
            await response.RedirectAsync(request.Target);
            return true;
        };
        ModelException endless = await Assert.ThrowsAsync<ModelException>(() => PullAsync());
        Assert.Equal($"The connection to {hub.Url} failed: 127.0.0.1 redirects without end (6 tries). What has been loaded stays; pull again later.", endless.Message);

        hub.OnHub = async (_, response) =>
        {
            await Task.Delay(Timeout.Infinite, response.Stopped);
            return true;
        };
        ModelException silent = await Assert.ThrowsAsync<ModelException>(() => PullAsync(silence: TimeSpan.FromMilliseconds(50)));
        Assert.Equal($"{hub.Url} was silent for 0.1 s (6 tries). What has been loaded stays; pull again later.", silent.Message);
    }

    [Fact]
    public async Task A_renamed_repository_is_followed_on_the_hub()
    {
        hub.OnHub = async (request, response) =>
        {
            if (!request.Target.Contains("/old/", StringComparison.Ordinal)) return false;
            await response.RedirectAsync(request.Target.Replace("/old/name/", $"/{FakeHub.Repository}/", StringComparison.Ordinal), "307 Temporary Redirect");
            return true;
        };

        await PullAsync(repository: "old/name");

        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_file_that_lies_there_is_taken_if_it_is_the_right_one()
    {
        await File.WriteAllBytesAsync(Target, weights);

        await PullAsync(parts: ["checkpoint"]);

        Assert.Empty(hub.Loaded);
        Assert.True(ModelLock.Read(folder.Path)!.Files[Weights].Loaded);
    }

    [Fact]
    public async Task Two_pulls_into_one_folder_do_not_mix()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.OnStorage = async (_, response) =>
        {
            begun.TrySetResult();
            await go.Task.WaitAsync(response.Stopped);
            return false;
        };
        Task<PullPlan> first = PullAsync();
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(120));

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync());
        Assert.Equal($"Another process is pulling into {folder.Path}.", failure.Message);
        go.SetResult();
        await first;
    }

    [Fact]
    public async Task A_folder_of_another_model_is_left_alone()
    {
        await PullAsync();

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => PullAsync(name: "other"));
        Assert.Equal($"{folder.Path} holds the model test; pull other into another folder.", failure.Message);
    }

    [Fact]
    public async Task A_length_that_is_not_the_manifests_is_said()
    {
        PullPlan plan = await PullAsync(parts: ["checkpoint"], known: 5);

        Assert.Equal([$"{Weights} has 104321 bytes where the manifest knows 5: the publisher has replaced it."], plan.Notes);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task Damage_on_this_side_is_found_by_the_lock()
    {
        await PullAsync();
        ModelLock locked = ModelLock.Read(folder.Path)!;
        byte[] damaged = [.. weights];
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(Target, damaged);
        string config = Path.Combine(folder.Path, "text", "config.json"), shard = Path.Combine(folder.Path, "text", "shard.safetensors");
        await File.WriteAllTextAsync(config, "{}");
        File.Delete(shard);

        IReadOnlyList<string> faults = await LockCheck.FaultsAsync(folder.Path, locked, (_, _, _) => { }, CancellationToken.None);

        Assert.Equal(
            [
                $"{config} has 2 bytes, and the hub stated 13.",
                $"{shard} is missing; `ltx models pull` loads it.",
                $"{Target} has the SHA-256 {Convert.ToHexStringLower(SHA256.HashData(damaged))}, and the hub stated {locked.Files[Weights].Hash.Value}: it was changed or damaged here. Remove it and pull again.",
            ],
            faults.Order(StringComparer.Ordinal).OrderBy(fault => fault.Contains("config", StringComparison.Ordinal) ? 0 : fault.Contains("shard", StringComparison.Ordinal) ? 1 : 2));
    }

    // Whatever went wrong: no weights under a final name, and no model.
    private void AssertNothingBad()
    {
        Assert.False(File.Exists(Target));
        Assert.False(File.Exists(Path.Combine(folder.Path, "model.json")));
    }

    private async Task<PullPlan> PullAsync(
        string[]? parts = null, string? token = null, bool update = false, int connections = 4, string name = "test", string repository = FakeHub.Repository, TimeSpan? silence = null, long? known = null, Action<string, long, long>? tell = null)
    {
        Dictionary<string, ModelManifest.Part> all = new()
        {
            ["checkpoint"] = new ModelManifest.Part(repository, "free", File: Weights, Bytes: known),
            ["text_encoder"] = new ModelManifest.Part(repository, "free", Folder: "text", Files: ["*.json", "shard*"]),
        };
        ModelManifest.Model model = new("a model", PromptExpansion: true, all.Where(part => parts?.Contains(part.Key) != false).ToDictionary());
        HubOptions options = hub.Options(token) with { Connections = connections };
        using HubClient client = new(silence is null ? options : options with { IdleTimeout = silence.Value });
        ModelPull pull = new(client, name, model, folder.Path);
        PullPlan plan = await pull.PlanAsync(update, CancellationToken.None);
        await pull.LoadAsync(plan, tell ?? ((_, _, _) => { }), CancellationToken.None);
        return plan;
    }
}
