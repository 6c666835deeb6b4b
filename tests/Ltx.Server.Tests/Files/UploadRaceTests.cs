using System.Net;
using System.Security.Cryptography;
using Ltx.Server.Files;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Files;

/// <summary>One upload, several senders at once; and the room that all of them together may take.</summary>
[Fast]
public class UploadRaceTests
{
    [Fact]
    public async Task Of_two_bodies_for_one_upload_row_and_bytes_are_the_same_ones()
    {
        await using var server = await TestServer.StartAsync();
        for (var race = 0; race < 20; race++)
        {
            var (upload, file) = await InitiateAsync(server);
            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => PutAsync(server, upload, Body(i, 40_000 + i))));
            Assert.Equal([200, 400, 400], answers.Order());
            await CheckAsync(server, file);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.Options.Server.Data, "parts")));
    }

    [Fact]
    public async Task Of_several_that_complete_one_does_and_the_others_are_told()
    {
        await using var server = await TestServer.StartAsync();
        for (var race = 0; race < 10; race++)
        {
            var (upload, file) = await InitiateAsync(server);
            var parts = await Task.WhenAll(Enumerable.Range(1, 3).Select(n => server.SendAsync(HttpMethod.Put, Part(upload, n.ToString()), new ByteArrayContent(Body(n, 20_000)))));
            var list = new { parts = parts.Select(p => p.Json).ToArray() };
            var completes = Enumerable.Range(0, 4).Select(_ => server.PostAsync(Part(upload, "complete"), list)).ToArray();
            var whole = PutAsync(server, upload, Body(9, 30_000));
            var answers = (await Task.WhenAll(completes)).Select(a => a.Status).Append(await whole).ToArray();
            Assert.Equal([200, 400, 400, 400, 400], answers.Order());
            await CheckAsync(server, file);
        }
    }

    [Fact]
    public async Task Parts_that_come_together_share_the_uploads_limit()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxUploadBytes = 500_000);
        var (upload, _) = await InitiateAsync(server);

        // Nine are half there, and none has ended: what is stored says nothing of them.
        const int Half = 200_000;
        List<RawCall> calls = [];
        foreach (var n in Enumerable.Range(1, 9))
        {
            calls.Add(await RawCall.BeginAsync(server,
                $"PUT {Part(upload, n.ToString())} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{Half:x}\r\n{new string('x', Half)}\r\n"));
        }

        var answers = await Task.WhenAll(calls.Select(async call =>
        {
            try
            {
                await call.WriteAsync("0\r\n\r\n");
                return (await call.ReadToEndAsync()).Split(' ')[1];
            }
            catch (IOException)
            {
                return "413"; // refused in the middle, and the connection with it
            }
        }));
        calls.ForEach(c => c.Dispose());
        Assert.InRange(answers.Count(a => a == "200"), 0, 2);
        Assert.All(answers, a => Assert.True(a is "200" or "413", a));
        Assert.InRange(OnDisk(server, "parts"), 0, 500_000);
    }

    [Fact]
    public async Task What_comes_without_a_length_and_what_is_unfinished_is_held_to_the_budget()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxTotalBytes = 1_000_000);
        var (upload, _) = await InitiateAsync(server);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, Part(upload, "1"), new ByteArrayContent(new byte[400_000]))).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, Part(upload, "2"), new ByteArrayContent(new byte[400_000]))).Status);
        Assert.Equal(507, (await server.SendAsync(HttpMethod.Put, Part(upload, "3"), new ByteArrayContent(new byte[400_000]))).Status);

        var (chunked, file) = await InitiateAsync(server);
        using StreamContent endless = new(new Endless(300_000));
        using HttpRequestMessage message = new(HttpMethod.Put, chunked) { Content = endless };
        message.Headers.TransferEncodingChunked = true;
        using (var answer = await server.Client.SendAsync(message))
        {
            Assert.Equal((HttpStatusCode)507, answer.StatusCode);
        }

        Assert.Equal(404, (await server.GetAsync(file)).Status);
        Assert.Equal(800_000, OnDisk(server, "parts")); // nothing of what was refused is left
        Assert.Equal(800_000, server.Service<DiskBudget>().UsedBytes);

        // Joining needs room on the disk, and none in the budget: the parts are counted already.
        var parts = new { parts = new[] { 1, 2 }.Select(n => new { partNumber = n, etag = Convert.ToHexStringLower(SHA256.HashData(new byte[400_000])) }).ToArray() };
        Assert.Equal(200, (await server.PostAsync(Part(upload, "complete"), parts)).Status);
        Assert.Equal(800_000, server.Service<DiskBudget>().UsedBytes);
    }

    [Fact]
    public async Task Room_is_promised_once()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxTotalBytes = 1_000);
        var budget = server.Service<DiskBudget>();
        using (var first = budget.Reserve(600))
        {
            Assert.Throws<StorageFullException>(() => budget.Reserve(600));
            first.Write(600);
            first.Write(300); // more than was known
            Assert.Throws<StorageFullException>(() => first.Write(200));
        }

        budget.Reserve(1_000).Dispose(); // given back whole
    }

    [Fact]
    public void A_full_disk_is_known_as_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        Assert.True(DiskTrouble.IsFull(Assert.ThrowsAny<IOException>(() => full.Write([1]))));
        Assert.False(DiskTrouble.IsFull(new FileNotFoundException()));
    }

    private static byte[] Body(int seed, int size)
    {
        var body = new byte[size];
        new Random(seed).NextBytes(body);
        return body;
    }

    private static string Part(string upload, string part) => upload.Replace("?", $"/{part}?", StringComparison.Ordinal);

    private static long OnDisk(TestServer server, string folder) =>
        Directory.EnumerateFiles(Path.Combine(server.Options.Server.Data, folder), "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    private static async Task<(string Upload, string File)> InitiateAsync(TestServer server)
    {
        var started = (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" })).Json;
        return (new Uri(started.GetProperty("upload_url").GetString()!).PathAndQuery, new Uri(started.GetProperty("file_url").GetString()!).PathAndQuery);
    }

    private static async Task<int> PutAsync(TestServer server, string upload, byte[] body) => (await server.SendAsync(HttpMethod.Put, upload, new ByteArrayContent(body))).Status;

    /// <summary>What the server says of the file is what the file is.</summary>
    private static async Task CheckAsync(TestServer server, string file)
    {
        using var answer = await server.Client.GetAsync(file);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"", answer.Headers.ETag!.Tag);
        Assert.Equal(server.Service<FileStore>().Find(file.Split('/')[2])!.Size, bytes.Length);
    }

    /// <summary>Zeros, of a length that nobody knows beforehand.</summary>
    private sealed class Endless(long length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
