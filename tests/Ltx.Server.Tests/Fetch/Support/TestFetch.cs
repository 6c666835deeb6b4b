using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ltx.Server.Fetch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>A fetcher in a folder of its own with short times and small limits, a resolver and a connector that the test owns, and a canary.</summary>
internal sealed class TestFetch : IAsyncDisposable
{
    /// <summary>public.test and other.test resolve to these; <see cref="Route"/> leads them to a server of the test.</summary>
    public const string PublicAddress = "93.184.216.34";
    public const string OtherAddress = "151.101.1.140";

    private readonly string root = Directory.CreateTempSubdirectory("ltx-fetch-").FullName;
    private readonly Action<FetchOptions>? configure;
    private readonly ILocalFiles? localFiles;
    private readonly X509ChainPolicy? certificates;
    private CacheFolder folder;

    public TestFetch(Action<FetchOptions>? configure = null, ILocalFiles? localFiles = null, X509ChainPolicy? certificates = null)
    {
        this.configure = configure;
        this.localFiles = localFiles;
        this.certificates = certificates;
        Resolver.Add("public.test", [PublicAddress]).Add("other.test", [OtherAddress]).Add("huggingface.co", [PublicAddress]);
        (Fetcher, folder) = Open();
    }

    public Fetcher Fetcher { get; private set; }

    public LoraCache Cache { get; private set; } = null!;

    public SafeHttp Http { get; private set; } = null!;

    public FakeResolver Resolver { get; } = new();

    public RecordingConnector Connector { get; } = new();

    public CollectingLogger<Fetcher> Log { get; } = new();

    public Canary Canary { get; } = new();

    public string CachePath => Path.Combine(root, "cache");

    /// <summary>Allowed for <c>file:</c>, and beside it a folder that is not.</summary>
    public string Allowed => Directory.CreateDirectory(Path.Combine(root, "allowed")).FullName;

    public string Outside => Directory.CreateDirectory(Path.Combine(root, "outside")).FullName;

    /// <summary>Everything below the cache folder but its lock.</summary>
    public string[] CachedFiles => [.. Directory.EnumerateFiles(CachePath, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock")];

    /// <summary>public.test's and other.test's addresses now lead to this server.</summary>
    public void Route(RawServer server)
    {
        Connector.Internet[IPAddress.Parse(PublicAddress)] = server.EndPoint;
        Connector.Internet[IPAddress.Parse(OtherAddress)] = server.EndPoint;
    }

    public Task<FetchedFile> FetchAsync(string url, FetchKind kind = FetchKind.Video, CancellationToken? ct = null) =>
        Fetcher.FetchAsync(new FetchRequest(url, kind), ct ?? TestContext.Current.CancellationToken);

    public async Task<FetchException> FailsAsync(string url, FetchKind kind = FetchKind.Video) =>
        await Assert.ThrowsAsync<FetchException>(() => FetchAsync(url, kind));

    /// <summary>fal's error for what is not to be had, nothing on the disk, and nobody inside disturbed.</summary>
    public async Task<FetchException> RefusesAsync(string url, FetchKind kind = FetchKind.Video)
    {
        FetchException e = await FailsAsync(url, kind);
        Assert.Equal("file_download_error", e.Type);
        Assert.Null(e.Context);
        AssertUntouched();
        return e;
    }

    /// <summary>The limit is in the context as fal has it.</summary>
    public async Task<FetchException> FindsTooLargeAsync(string url, long limit, FetchKind kind = FetchKind.Video)
    {
        FetchException e = await FailsAsync(url, kind);
        Assert.Equal("file_too_large", e.Type);
        Assert.Equal(limit, Assert.Contains("max_size", e.Context!));
        AssertUntouched();
        return e;
    }

    public void AssertUntouched()
    {
        Assert.Empty(CachedFiles);
        Assert.False(Canary.WasReached, "the internal service was connected to");
    }

    /// <summary>The next process on the same folder.</summary>
    public void Restart()
    {
        folder.Dispose();
        (Fetcher, folder) = Open();
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] RandomBytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        Canary.Dispose();
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private (Fetcher Fetcher, CacheFolder Folder) Open()
    {
        FetchOptions options = new()
        {
            CacheFolder = CachePath,
            AllowedFolders = [Allowed],
            MaxVideoBytes = 1_000_000,
            MaxLoraBytes = 1_000_000,
            CacheBytes = 3_000_000,
            ConnectTimeout = TimeSpan.FromSeconds(60),
            IdleTimeout = TimeSpan.FromSeconds(60),
            TotalTimeout = TimeSpan.FromSeconds(120),
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        configure?.Invoke(options);
        Http = new SafeHttp(options, Resolver, Connector, certificates);
        CacheFolder opened = new(options.CacheFolder, NullLogger.Instance);
        Cache = new LoraCache(opened, options.CacheBytes, Log);
        return (new Fetcher(options, Http, opened, Cache, Log, localFiles), opened);
    }
}
