using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ltx.Server.Models;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Models;

/// <summary>
/// The hub's protocol as its own library speaks it, over real sockets: an API, links that redirect large files to a second server, and every
/// way of answering badly that a test asks for.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Repository = "owner/model", Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>From this size on a file lies on the second server, under its SHA-256.</summary>
    private const int LargeFrom = 1000;

    private readonly RawServer hub, storage;
    private readonly ConcurrentDictionary<string, byte[]> files = new();

    public FakeHub()
    {
        hub = new RawServer(AnswerAsync);
        storage = new RawServer(StoreAsync);
    }

    public Uri Url => new(hub.Url("/"));

    public ConcurrentQueue<RawRequest> Asked => hub.Requests;

    public ConcurrentQueue<RawRequest> Loaded => storage.Requests;

    /// <summary>Answers instead of the hub where it returns true.</summary>
    public Func<RawRequest, RawResponse, Task<bool>> OnHub { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>Answers instead of the storage where it returns true.</summary>
    public Func<RawRequest, RawResponse, Task<bool>> OnStorage { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>What the hub says that the branch stands at.</summary>
    public string Head { get; set; } = Commit;

    /// <summary>Lies about a file's length, in bytes more or less than there are.</summary>
    public long LengthLie { get; set; }

    /// <summary>The hash that is stated instead of the right one.</summary>
    public string? HashLie { get; set; }

    /// <summary>What the storage calls its version.</summary>
    public string Tag { get; set; } = "\"v1\"";

    public HubOptions Options(string? token = null) => new(Url, token)
    {
        SegmentBytes = 10_000,
        RetryDelay = TimeSpan.FromMilliseconds(10),
        IdleTimeout = TimeSpan.FromSeconds(120),
    };

    public byte[] Add(string path, int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        return files[path] = content;
    }

    public byte[] Add(string path, string text) => files[path] = Encoding.UTF8.GetBytes(text);

    /// <summary>The part of a file that a request asks for, as an honest server gives it.</summary>
    public async Task HonestAsync(RawRequest request, RawResponse response, int? cutAfter = null)
    {
        byte[] content = Content(request);
        (int from, int to) = Range(request, content.Length);
        bool stale = request.Header("If-Range") is { } tag && tag != Tag;
        bool ranged = request.Header("Range") is not null && !stale;
        if (!ranged) (from, to) = (0, content.Length - 1);
        if (ranged && from >= content.Length)
        {
            await response.StatusAsync("416 Range Not Satisfiable", [], $"Content-Range: bytes */{content.Length}\r\n");
            return;
        }
        to = Math.Min(to, content.Length - 1);
        string headers = $"Content-Length: {to - from + 1}\r\nETag: {Tag}\r\nConnection: close\r\n";
        if (ranged) headers += $"Content-Range: bytes {from}-{to}/{content.Length}\r\n";
        await response.TextAsync($"HTTP/1.1 {(ranged ? "206 Partial Content" : "200 OK")}\r\n{headers}\r\n");
        await response.BytesAsync(content.AsMemory(from, Math.Min(cutAfter ?? int.MaxValue, to - from + 1)));
    }

    public byte[] Content(RawRequest request) => files.Values.First(content => request.Target.EndsWith(Convert.ToHexStringLower(SHA256.HashData(content)), StringComparison.Ordinal));

    public static (int From, int To) Range(RawRequest request, int length)
    {
        if (request.Header("Range") is not { } range) return (0, length - 1);
        string[] ends = range["bytes=".Length..].Split('-');
        return (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await storage.DisposeAsync();
    }

    private async Task AnswerAsync(RawRequest request, RawResponse response)
    {
        if (await OnHub(request, response)) return;
        if (request.Target.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal))
        {
            await response.OkAsync(JsonSerializer.SerializeToUtf8Bytes(new { sha = Head, siblings = files.Keys.Select(path => new { rfilename = path }) }), "Content-Type: application/json\r\n");
            return;
        }
        string link = $"/{Repository}/resolve/{Head}/";
        if (!request.Target.StartsWith(link, StringComparison.Ordinal) || !files.TryGetValue(request.Target[link.Length..], out byte[]? content))
        {
            await response.StatusAsync("404 Not Found", [], "X-Error-Code: EntryNotFound\r\n");
            return;
        }
        string sha = Convert.ToHexStringLower(SHA256.HashData(content));
        string known = $"X-Repo-Commit: {Head}\r\n";
        if (content.Length >= LargeFrom)
        {
            await response.StatusAsync("302 Found", [], $"{known}Location: {storage.Url($"/{sha}")}\r\nX-Linked-Size: {content.Length + LengthLie}\r\nX-Linked-Etag: \"{HashLie ?? sha}\"\r\n");
            return;
        }
        await response.TextAsync($"HTTP/1.1 200 OK\r\n{known}Content-Length: {content.Length}\r\nConnection: close\r\nETag: \"{HashLie ?? GitBlob(content)}\"\r\n\r\n");
        if (request.Method != "HEAD") await response.BytesAsync(content);
    }

    private async Task StoreAsync(RawRequest request, RawResponse response)
    {
        if (!await OnStorage(request, response)) await HonestAsync(request, response);
    }

    // Git's choice of a hash for its names.
#pragma warning disable CA5350
    private static string GitBlob(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350
}
