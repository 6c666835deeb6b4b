using Ltx.Server.Configuration;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx keys`, before a server has ever run and while one does.</summary>
public sealed class KeysCommandTests
{
    [Fact]
    public async Task A_key_counts_from_the_next_call_on_and_so_does_its_end()
    {
        using TempFolder data = new();
        await using TestServer server = await TestServer.StartAsync(data: data.Path);
        Assert.Equal(200, (await server.GetAsync("/requests")).Status);

        LtxRun made = (await Keys(data, "create", "alice", "--requests-per-minute", "7")).Succeeded();
        string key = made.Output.Trim();
        Assert.Matches("^ltx_[A-Za-z0-9_-]{43}$", key);
        Assert.Contains("from now on every caller needs a key", made.Error, StringComparison.Ordinal);
        Assert.Equal(401, (await server.GetAsync("/requests")).Status);
        Assert.Equal(401, (await server.GetAsync("/requests", ("Authorization", "Key ltx_another"))).Status);
        Assert.Equal(200, (await server.GetAsync("/requests", ("Authorization", $"Key {key}"))).Status);
        // The operator's own way in is another one.
        (await LtxInProcess.RunAsync(["requests", "list", "--data", data.Path])).Succeeded();

        string second = (await Keys(data, "create", "bob")).Succeeded().Output.Trim();
        (await Keys(data, "revoke", "alice")).Succeeded();
        Assert.Equal(401, (await server.GetAsync("/requests", ("Authorization", $"Key {key}"))).Status);
        Assert.Equal(200, (await server.GetAsync("/requests", ("Authorization", $"Key {second}"))).Status);

        LtxRun last = (await Keys(data, "revoke", "bob")).Succeeded();
        Assert.Contains("only this machine's own user is served", last.Error, StringComparison.Ordinal);
        Assert.Equal(200, (await server.GetAsync("/requests")).Status);
    }

    [Fact]
    public async Task A_damaged_file_of_keys_lets_nobody_in_and_locks_nobody_out()
    {
        using TempFolder data = new();
        string key = (await Keys(data, "create", "alice")).Succeeded().Output.Trim(), file = Path.Combine(data.Path, "keys.json");
        // Made before the first start: the folder is a server's all the same.
        await using (TestServer server = await TestServer.StartAsync(data: data.Path))
        {
            File.WriteAllText(file, "[{");
            Assert.Equal(200, (await server.GetAsync("/requests", ("Authorization", $"Key {key}"))).Status);
            Assert.Equal(401, (await server.GetAsync("/requests")).Status);
        }

        Assert.StartsWith($"{file} is damaged", (await Assert.ThrowsAsync<DataFolderException>(() => TestServer.StartAsync(data: data.Path))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_listed_with_where_they_come_from_and_never_with_what_they_are()
    {
        using TempFolder data = new();
        string key = (await Keys(data, "create", "alice", "--max-waiting", "3")).Succeeded().Output.Trim();
        string config = Path.Combine(data.Path, "ltx.json");
        File.WriteAllText(config, $$"""{ "Auth": { "Keys": [ { "Name": "old", "Hash": "{{new string('a', 64)}}" } ] } }""");

        LtxRun list = (await Keys(data, "list", "--config", config)).Succeeded();
        Assert.Matches(@"^old    from the settings\nalice  made \d{4}-\d\d-\d\d \d\d:\d\d, 3 waiting at most\n$", list.Output);
        Assert.DoesNotContain(key, File.ReadAllText(Path.Combine(data.Path, "keys.json")), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(data.Path, "keys.json")));

        Assert.Equal(["ltx: There is a key \"alice\" already; revoke it first, or give another name."], (await Keys(data, "create", "alice"))
            .Complaints);
        Assert.Equal(["ltx: There is a key \"old\" already; revoke it first, or give another name."],
            (await Keys(data, "create", "old", "--config", config)).Complaints);
        Assert.Equal(["ltx: The key \"old\" is one of the settings (Auth:Keys); take it out there, and start the server anew."],
            (await Keys(data, "revoke", "old", "--config", config)).Complaints);
        Assert.Equal(["ltx: There is no key \"nobody\"."], (await Keys(data, "revoke", "nobody")).Complaints);
    }

    private static Task<LtxRun> Keys(TempFolder data, params string[] arguments) =>
        LtxInProcess.RunAsync(["keys", .. arguments, "--data", data.Path]);
}
