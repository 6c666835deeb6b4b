using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

/// <summary>The backup of docs/operate.md, with the very command that stands there, and its restoration elsewhere.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_restored_backup_has_every_request_in_its_state_and_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "runs tar");
        using TestFolder folder = new();
        string data = folder.Named("data"), restored = folder.Folder("restored");
        Dictionary<string, string> ids = [];
        FakeEngine engine = new();
        await using (TestServer server = await TestServer.StartAsync(options => options.Queue.DrainSeconds = 0, engine, data))
        {
            foreach (string prompt in new[] { "done", "[reject]" })
            {
                ids[prompt] = await server.SubmitAsync(("prompt", prompt));
                await server.WaitForAsync(ids[prompt]);
            }
            engine.FourthStep = new Gate();
            foreach (string prompt in new[] { "running", "waiting", "cancelled" }) ids[prompt] = await server.SubmitAsync(("prompt", prompt));
            await engine.FourthStep.Reached;
            await server.SendAsync(HttpMethod.Put, $"/queue{TestServer.App}/requests/{ids["cancelled"]}/cancel", null);
        }

        string command = File.ReadLines(Path.Combine(Repository.Root, "docs", "operate.md"))
            .Single(line => line.StartsWith("tar --create ", StringComparison.Ordinal));
        string archive = folder.Named("ltx-data.tar.gz");
        TestMedia.Run("sh", "-c", command.Replace("/var/lib/ltx", data, StringComparison.Ordinal)
            .Replace("ltx-data.tar.gz", archive, StringComparison.Ordinal));
        TestMedia.Run("tar", "--extract", "--file", archive, "--directory", restored);
        Directory.Delete(data, recursive: true);

        await using TestServer again = await TestServer.StartAsync(data: restored);
        foreach (string prompt in new[] { "running", "waiting" }) await again.WaitForAsync(ids[prompt]);
        async Task<int> ResultAsync(string prompt) => (await again.ResultAsync(ids[prompt])).Status;
        Assert.Equal((200, 200, 200), (await ResultAsync("done"), await ResultAsync("running"), await ResultAsync("waiting")));
        Assert.Equal(422, await ResultAsync("[reject]"));
        Assert.NotEqual(200, await ResultAsync("cancelled"));
        string film = (await again.ResultAsync(ids["done"])).Json.GetProperty("video").GetProperty("url").GetString()!;
        Assert.Equal(200, (await again.GetAsync(new Uri(film).AbsolutePath)).Status);
    }
}
