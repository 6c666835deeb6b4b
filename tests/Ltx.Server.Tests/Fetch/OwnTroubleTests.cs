using System.Runtime.InteropServices;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary>A disk that fails us is not the client's fault: no <see cref="FetchException"/>, which a client would be shown, and no further try.</summary>
[Fast]
public partial class OwnTroubleTests
{
    [Theory]
    [InlineData(nameof(FetchKind.Video))]
    [InlineData(nameof(FetchKind.Lora))]
    public async Task A_full_disk_is_ours_and_leaves_nothing(string kind)
    {
        TestFetch? cache = null;
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 500000\r\n\r\n");
            await response.BytesAsync(new byte[1000]);
            string file = Directory.GetFiles(Path.Combine(cache!.CachePath, "partial")).Single();
            while (new FileInfo(file).Length < 1000)
            {
                await Task.Delay(5, response.Stopped);
            }
            FillDisk(file);
            await response.BytesAsync(new byte[499_000]);
        });
        await using TestFetch fetch = cache = new();
        fetch.Route(server);

        IOException e = await Assert.ThrowsAsync<IOException>(() => fetch.FetchAsync("http://public.test/f", Enum.Parse<FetchKind>(kind)));

        Assert.Contains("No space left", e.Message);
        Assert.Single(server.Requests);
        fetch.AssertUntouched();
    }

    [Theory]
    [InlineData("partial", "data:,x")]
    [InlineData("partial", "http://public.test/f")]
    [InlineData("loras", "data:,x")]
    [InlineData("loras", "http://public.test/f")]
    [InlineData("index", "http://public.test/f")]
    public async Task A_folder_that_is_gone_is_ours_and_leaves_nothing_half_done(string gone, string url)
    {
        await using RawServer server = new((_, response) => response.OkAsync([1]));
        await using TestFetch fetch = new();
        fetch.Route(server);
        Directory.Delete(Path.Combine(fetch.CachePath, gone));

        await Assert.ThrowsAnyAsync<IOException>(() => fetch.FetchAsync(url, FetchKind.Lora));

        Assert.Empty(fetch.CachedFiles);
    }

    [Fact]
    public async Task All_waiters_of_a_lora_learn_of_it_and_the_next_one_starts_anew()
    {
        TaskCompletionSource go = new();
        await using RawServer server = new(async (_, response) =>
        {
            await go.Task;
            await response.OkAsync([1]);
        });
        await using TestFetch fetch = new();
        fetch.Route(server);
        string folder = Path.Combine(fetch.CachePath, "loras");
        Directory.Delete(folder);

        Task<FetchedFile>[] waiters = [.. Enumerable.Range(0, 5).Select(_ => fetch.FetchAsync("http://public.test/f", FetchKind.Lora))];
        go.SetResult();
        foreach (Task<FetchedFile> waiter in waiters)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => waiter);
        }
        Assert.Empty(fetch.CachedFiles);
        Directory.CreateDirectory(folder);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/f", FetchKind.Lora);
        Assert.Equal(1, file.Length);
    }

    /// <summary>Puts /dev/full, whose every write fails as on a full disk, in the place of this open file.</summary>
    private static void FillDisk(string path)
    {
        string descriptor = Directory.EnumerateFileSystemEntries("/proc/self/fd").Single(fd => new FileInfo(fd).LinkTarget == path);
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write);
        Assert.True(Duplicate((int)full.SafeFileHandle.DangerousGetHandle(), int.Parse(Path.GetFileName(descriptor))) >= 0);
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);
}
