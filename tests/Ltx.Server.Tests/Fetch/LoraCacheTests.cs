using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Tests.Fetch;

/// <summary>The cache holds three of the tests' LoRAs of 900,000 bytes.</summary>
[Fast]
public class LoraCacheTests
{
    private const int Size = 900_000;

    [Fact]
    public async Task A_lora_is_kept_under_its_hash_and_asked_about_the_next_time()
    {
        await using RawServer server = new((request, response) =>
            request.Header("If-None-Match") == "\"1\"" ? response.StatusAsync("304 Not Modified", []) : response.OkAsync([1, 2, 3], "ETag: \"1\"\r\nContent-Type: x/y\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        string first;
        await using (FetchedFile file = await fetch.FetchAsync("http://public.test/l?token=a", FetchKind.Lora))
        {
            first = file.Path;
            Assert.Equal(TestFetch.Sha256([1, 2, 3]) + ".safetensors", Path.GetFileName(file.Path));
        }
        Assert.True(File.Exists(first));
        fetch.Restart();
        await using FetchedFile again = await fetch.FetchAsync("http://public.test/l?token=a", FetchKind.Lora);

        Assert.Equal((first, "x/y", 3L), (again.Path, again.ContentType, again.Length));
        Assert.Equal([null, "\"1\""], server.Requests.Select(r => r.Header("If-None-Match")).ToArray<object?>());
        Assert.Equal(2, fetch.CachedFiles.Length);
        Assert.All(fetch.CachedFiles, f => Assert.DoesNotContain("token", File.ReadAllText(f)));
    }

    [Fact]
    public async Task A_date_serves_where_there_is_no_tag()
    {
        await using RawServer server = new((request, response) => request.Header("If-Modified-Since") is not null
            ? response.StatusAsync("304 Not Modified", [])
            : response.OkAsync([1, 2, 3], "Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await (await fetch.FetchAsync("http://public.test/l", FetchKind.Lora)).DisposeAsync();
        await (await fetch.FetchAsync("http://public.test/l", FetchKind.Lora)).DisposeAsync();

        Assert.Equal("Wed, 01 Jan 2025 00:00:00 GMT", server.Requests.Last().Header("If-Modified-Since"));
    }

    [Fact]
    public async Task A_changed_lora_is_downloaded_and_its_url_leads_to_the_new_one()
    {
        byte version = 1;
        await using RawServer server = new((request, response) =>
            request.Header("If-None-Match") == $"\"{version}\"" ? response.StatusAsync("304 Not Modified", []) : response.OkAsync([version], $"ETag: \"{version}\"\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        for (version = 1; version <= 3; version++)
        {
            for (int time = 0; time < 2; time++)
            {
                await using FetchedFile file = await fetch.FetchAsync("http://public.test/l", FetchKind.Lora);
                Assert.Equal([version], File.ReadAllBytes(file.Path));
            }
        }
    }

    [Fact]
    public async Task Two_urls_with_one_content_share_one_file()
    {
        await using RawServer server = new((_, response) => response.OkAsync([1, 2, 3]));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile a = await fetch.FetchAsync("http://public.test/a", FetchKind.Lora);
        await using FetchedFile b = await fetch.FetchAsync("http://other.test/b", FetchKind.Lora);
        await using FetchedFile c = await fetch.FetchAsync("data:;base64,AQID", FetchKind.Lora);

        Assert.Equal([a.Path, a.Path], [b.Path, c.Path]);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(a.Path)!));
        Assert.Equal(3, fetch.Cache.Bytes);
    }

    [Fact]
    public async Task A_failure_to_ask_again_is_an_error_and_leaves_the_cache_as_it_was()
    {
        bool gone = false;
        await using RawServer server = new((_, response) => gone ? response.StatusAsync("404 Not Found", []) : response.OkAsync([1], "ETag: \"1\"\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);
        await (await fetch.FetchAsync("http://public.test/l", FetchKind.Lora)).DisposeAsync();
        string[] before = fetch.CachedFiles;

        gone = true;
        Assert.Equal("file_download_error", (await fetch.FailsAsync("http://public.test/l", FetchKind.Lora)).Type);

        Assert.Equal(before, fetch.CachedFiles);
    }

    [Fact]
    public async Task The_least_recently_used_goes_first_also_after_a_restart()
    {
        await using RawServer server = Loras();
        await using TestFetch fetch = new();
        fetch.Route(server);
        foreach (int lora in new[] { 1, 2, 3, 1 })
        {
            await UseAsync(fetch, lora);
        }
        fetch.Restart();

        await UseAsync(fetch, 4);
        Assert.Equal([1, 3, 4], Cached(fetch));
        await UseAsync(fetch, 5);
        Assert.Equal([1, 4, 5], Cached(fetch));
        Assert.Equal(3 * Size, fetch.Cache.Bytes);
    }

    [Fact]
    public async Task What_is_in_use_is_never_removed_and_what_passes_the_budget_goes_when_it_is_released()
    {
        await using RawServer server = Loras();
        await using TestFetch fetch = new();
        fetch.Route(server);

        FetchedFile[] used = [await FetchAsync(fetch, 1), await FetchAsync(fetch, 1), await FetchAsync(fetch, 2), await FetchAsync(fetch, 3), await FetchAsync(fetch, 4)];
        Assert.Equal([1, 2, 3, 4], Cached(fetch));

        await used[0].DisposeAsync();
        await used[0].DisposeAsync();
        Assert.Equal([1, 2, 3, 4], Cached(fetch));

        await used[1].DisposeAsync();
        Assert.Equal([2, 3, 4], Cached(fetch));
        Assert.All(used[2..], file => Assert.True(File.Exists(file.Path)));
        foreach (FetchedFile file in used[2..])
        {
            await file.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_smaller_budget_holds_from_the_start()
    {
        long budget = 3_000_000;
        await using RawServer server = Loras();
        await using TestFetch fetch = new(o => o.CacheBytes = budget);
        fetch.Route(server);
        foreach (int lora in new[] { 1, 2, 3 })
        {
            await UseAsync(fetch, lora);
        }

        budget = 1_000_000;
        fetch.Restart();

        Assert.Equal([3], Cached(fetch));
    }

    [Fact]
    public async Task What_a_crash_left_is_removed_at_the_next_start()
    {
        await using RawServer server = Loras();
        await using TestFetch fetch = new();
        fetch.Route(server);
        await UseAsync(fetch, 1);
        string[] whole = fetch.CachedFiles;
        string index = Path.Combine(fetch.CachePath, "index");
        string good = File.ReadAllText(Directory.GetFiles(index).Single());
        string Entry(byte name) => Path.Combine(index, TestFetch.Sha256([name]) + ".json");
        File.WriteAllBytes(Path.Combine(fetch.CachePath, "partial", Guid.NewGuid().ToString("N")), new byte[10]);
        foreach ((int name, string content) in new[] { "{\"Sha2", "", "{}", "null", good.Replace(Hash(1), Hash(2)) }.Index())
        {
            File.WriteAllText(Entry((byte)name), content);
        }

        fetch.Restart();

        Assert.Equal(whole.Order(), fetch.CachedFiles.Order());
    }

    [Fact]
    public async Task A_cached_file_that_was_cut_or_removed_by_hand_is_downloaded_again()
    {
        await using RawServer server = Loras();
        await using TestFetch fetch = new();
        fetch.Route(server);
        foreach (Action<string> harm in new Action<string>[] { File.Delete, path => File.WriteAllBytes(path, [1]) })
        {
            string path;
            await using (FetchedFile file = await FetchAsync(fetch, 1))
            {
                path = file.Path;
            }
            harm(path);

            await using FetchedFile again = await FetchAsync(fetch, 1);
            Assert.Equal(Content(1), File.ReadAllBytes(again.Path));
        }
        Assert.Equal(Size, fetch.Cache.Bytes);
    }

    [Fact]
    public async Task One_folder_serves_one_process()
    {
        await using TestFetch fetch = new();

        Assert.Contains("in use", Assert.Throws<InvalidConfigurationException>(() => new CacheFolder(fetch.CachePath, NullLogger.Instance)).Message);
    }

    [Fact]
    public async Task A_commit_link_of_hugging_face_is_asked_for_once_and_blob_means_resolve()
    {
        byte[] content = [1, 2, 3];
        Uri commit = HuggingFace.BlobToResolve(new Uri("https://huggingface.co/o/r/blob/0123456789abcdef0123456789abcdef01234567/l.safetensors"));
        await using TestFetch fetch = new();
        // As if it had been downloaded: TLS to the real host is not to be had here.
        await using (TempFile file = new(Path.Combine(fetch.CachePath, "partial"), 100))
        {
            await file.WriteAsync(content, TestContext.Current.CancellationToken);
            using PinnedLora lora = await fetch.Cache.AddAsync(file, null);
            await fetch.Cache.RememberAsync(commit, new IndexEntry(lora.Sha256, null, new Validators(null, null, false)));
        }

        await using FetchedFile fetched = await fetch.FetchAsync("https://huggingface.co/o/r/blob/0123456789abcdef0123456789abcdef01234567/l.safetensors", FetchKind.Lora);

        Assert.Equal(TestFetch.Sha256(content), fetched.Sha256);
        Assert.Empty(fetch.Connector.Tried);
    }

    private static RawServer Loras() => new((request, response) =>
        request.Header("If-None-Match") is not null ? response.StatusAsync("304 Not Modified", []) : response.OkAsync(Content(int.Parse(request.Target[1..])), "ETag: \"1\"\r\n"));

    private static byte[] Content(int lora) => TestFetch.RandomBytes(Size, lora);

    private static string Hash(int lora) => TestFetch.Sha256(Content(lora));

    private static Task<FetchedFile> FetchAsync(TestFetch fetch, int lora) => fetch.FetchAsync($"http://public.test/{lora}", FetchKind.Lora);

    private static async Task UseAsync(TestFetch fetch, int lora)
    {
        await (await FetchAsync(fetch, lora)).DisposeAsync();
        // File times on some systems count in coarse ticks.
        await Task.Delay(20);
    }

    private static IEnumerable<int> Cached(TestFetch fetch) => Enumerable.Range(1, 9).Where(lora => fetch.CachedFiles.Any(f => f.Contains(Hash(lora))));
}
