using System.Text;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Files;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Tests.Storage;

/// <summary>The server tidies up behind itself and behind nobody else.</summary>
[Fast]
public class DataFolderTests
{
    [Fact]
    public async Task A_folder_with_somebody_elses_files_is_refused_and_stays_as_it_is()
    {
        using TempFolder data = new();
        string[] theirs = [Write(data, "files/photos/wedding.jpg"), Write(data, "work/thesis/thesis.tex"), Write(data, "parts/engine/cad.step"), Write(data, "inputs/keep.json")];
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(data.Path, (UnixFileMode)0b111_101_101);
        }

        var refused = await Assert.ThrowsAsync<InvalidConfigurationException>(() => TestServer.StartAsync(data: data.Path));
        Assert.Contains("holds what is no server's (files, inputs, parts)", refused.Message, StringComparison.Ordinal);
        Assert.All(theirs, file => Assert.True(File.Exists(file)));
        Assert.Equal(theirs.Length, Directory.EnumerateFiles(data.Path, "*", SearchOption.AllDirectories).Count());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(data.Path));
        }
    }

    [Fact]
    public async Task A_fresh_volume_is_nobodys_and_what_the_server_makes_in_it_is_its_own()
    {
        using TempFolder data = new();
        Directory.CreateDirectory(Path.Combine(data.Path, "lost+found"));
        Write(data, "ltx.json");
        Write(data, ".hidden");
        Directory.CreateDirectory(Path.Combine(data.Path, "files"));
        await using var server = await TestServer.StartAsync(data: data.Path);
        await server.WaitForAsync(await server.SubmitAsync());
        if (!OperatingSystem.IsWindows())
        {
            foreach (var made in new[] { "ltx.db", "ltx.db-wal", "parts", "inputs", "work", "token-key.secret" }.Select(name => Path.Combine(data.Path, name)))
            {
                Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(made) & (UnixFileMode)0b000_111_111);
            }
        }
    }

    [Fact]
    public async Task A_start_removes_what_a_crash_left_and_nothing_else()
    {
        using TempFolder data = new(), elsewhere = new();
        await (await TestServer.StartAsync(data: data.Path)).DisposeAsync();
        var (id, guid) = (FileId.New(), Guid.NewGuid());
        string[] left = [Write(data, $"files/{id[..2]}/{id}"), Write(data, $"parts/{id}/0.1A2B3C4D"), Write(data, $"work/{guid}/out.mp4"), Write(data, $"work/film-{guid:N}/film.mp4")];
        string[] theirs =
        [
            Write(data, "files/letter.txt"), Write(data, $"files/{id[..2]}/letter.txt"), Write(data, $"files/photos/{id}"), Write(data, "parts/engine/cad.step"), Write(data, "work/thesis/thesis.tex"),
            Write(elsewhere, id), Write(elsewhere, $"{id[..2]}/{id}"), Write(elsewhere, "song.mp3"),
        ];
        foreach (var link in new[] { $"files/{(id[..2] == "ff" ? "00" : "ff")}", $"parts/{FileId.New()}", $"work/{Guid.NewGuid()}" })
        {
            Directory.CreateSymbolicLink(Path.Combine(data.Path, link), elsewhere.Path);
        }

        await using var server = await TestServer.StartAsync(data: data.Path);
        await server.Service<FileStore>().SweepAsync();
        Assert.All(left, file => Assert.False(File.Exists(file), file));
        Assert.All(theirs, file => Assert.True(File.Exists(file), file));
    }

    [Fact]
    public void The_downloaders_folder_keeps_what_is_not_its_own()
    {
        using TempFolder cache = new();
        var (partial, lora) = (Write(cache, $"partial/{Guid.NewGuid():N}"), Write(cache, $"loras/{new string('a', 64)}.safetensors"));
        string[] theirs = [Write(cache, "partial/draft.txt"), Write(cache, "loras/style.safetensors"), Write(cache, "index/notes.json")];
        using CacheFolder folder = new(cache.Path, NullLogger.Instance);
        LoraCache loras = new(folder, budget: 0, NullLogger.Instance);
        Assert.Equal(0, loras.Bytes);
        Assert.False(File.Exists(partial) || File.Exists(lora));
        Assert.All(theirs, file => Assert.True(File.Exists(file), file));
    }

    [Theory]
    [InlineData("token-key.secret", 0, "short", "does not hold the 32 bytes")]
    [InlineData("operator-key.secret", 0, "", "does not hold the 32 bytes")]
    [InlineData("webhook-key.secret", 0, "", "does not hold the 32 bytes")]
    [InlineData("ltx.db", 0, "garbage garbage!", "ltx.db is damaged")]
    [InlineData("ltx.db", 4096, "garbage garbage!", "ltx.db is damaged")] // the second page, where the requests begin: opening it does not read that far, recovery does
    public async Task What_lies_damaged_in_it_is_named_in_one_sentence(string file, int at, string content, string sentence)
    {
        using TempFolder data = new();
        using HeardLog log = new();
        await (await TestServer.StartAsync(data: data.Path)).DisposeAsync();
        using (FileStream stream = new(Path.Combine(data.Path, file), FileMode.Open))
        {
            if (file != "ltx.db")
            {
                stream.SetLength(0);
            }

            stream.Position = at;
            stream.Write(Encoding.ASCII.GetBytes(content));
        }

        var refused = await Assert.ThrowsAsync<DataFolderException>(async () =>
        {
            await using var server = await TestServer.StartAsync(data: data.Path, register: (services, _) => services.AddSingleton<ILoggerProvider>(log));
            await server.Queue.Recovered;
        });
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.Equal(at == 0 ? [] : [(LogLevel.Critical, $"{refused.Message} The server stops. ")], log.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_prompt_that_was_deleted_is_in_no_file_of_the_database(bool afterwards)
    {
        const string Prompt = "a most unmistakable prompt";
        using TempFolder data = new();
        await using var server = await TestServer.StartAsync(data: data.Path);
        var submit = await server.PostAsync(TestServer.Submit, TestServer.Input(("prompt", Prompt)), ("X-Fal-Store-IO", afterwards ? "1" : "0"));
        var id = submit.Json.GetProperty("request_id").GetString()!;
        await server.WaitForAsync(id);
        if (afterwards)
        {
            Assert.True(Holds(data, Prompt));
            Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{id}/payloads", null)).Status);
        }
        else
        {
            // The result, which has the prompt in it, is kept for an hour.
            await server.Service<Database>().WriteAsync(db => db.Execute("UPDATE requests SET result = replace(result, $prompt, '')", ("$prompt", Prompt)), forgets: true);
        }

        Assert.False(Holds(data, Prompt));
    }

    private static bool Holds(TempFolder data, string text) =>
        Directory.EnumerateFiles(data.Path, "ltx.db*").Select(Read).Any(bytes => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    private static byte[] Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Write(TempFolder folder, string name)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "x");
        return path;
    }
}
