using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Fetch;

namespace Ltx.Server.TestHost;

/// <summary>Opens no connection: a URL's file holds the URL; data URIs are decoded; hosts named "missing" and "huge" fail as a real fetch does, "flaky" once.</summary>
internal sealed class FakeFetcher(FakeEngine engine) : IFetcher
{
    /// <summary>Every fetch that was asked for, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>What is here and has not been given back: URLs by their paths.</summary>
    public ConcurrentDictionary<string, string> Held { get; } = new();

    /// <summary>What every kind of file may have.</summary>
    public long MostBytes { get; set; } = long.MaxValue;

    public long LimitOf(FetchKind kind) => MostBytes;

    public async Task<FetchedFile> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        var isFlaky = request.Url.Contains("//flaky", StringComparison.Ordinal) && !Asked.Contains(request.Url);
        if (engine.Runner.KeepsJobs)
        {
            Asked.Enqueue(request.Url);
        }

        if (request.Url.Contains("//slow", StringComparison.Ordinal) && engine.SlowHost is { } gate)
        {
            await gate.PassAsync(ct);
        }

        if (isFlaky)
        {
            throw FetchException.Download(request.Url, "the server answered 503");
        }

        if (request.Url.Contains("//missing", StringComparison.Ordinal))
        {
            throw FetchException.Download(request.Url, "the server answered 404");
        }

        if (request.Url.Contains("//huge", StringComparison.Ordinal))
        {
            throw FetchException.TooLarge(3221225472);
        }

        var content = request.Url.StartsWith("data:", StringComparison.Ordinal)
            ? Convert.FromBase64String(request.Url[(request.Url.IndexOf(',', StringComparison.Ordinal) + 1)..])
            : Encoding.UTF8.GetBytes(request.Url);
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, content, ct);
        Held[path] = request.Url;
        return new FetchedFile(path, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length, "video/mp4", () =>
        {
            File.Delete(path);
            Held.TryRemove(path, out _);
            return ValueTask.CompletedTask;
        })
        {
            IsTemporary = true,
        };
    }
}
