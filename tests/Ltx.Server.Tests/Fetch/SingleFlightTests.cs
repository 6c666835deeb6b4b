using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary>Many requests that want one LoRA at once.</summary>
[Fast]
public class SingleFlightTests
{
    [Fact]
    public async Task Many_waiters_share_one_download()
    {
        TaskCompletionSource go = new();
        await using RawServer server = new(async (_, response) =>
        {
            await go.Task;
            await response.OkAsync([1, 2, 3], "ETag: \"1\"\r\n");
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        Task<FetchedFile>[] waiters = [.. Enumerable.Range(0, 50).Select(_ => fetch.FetchAsync("http://public.test/l", FetchKind.Lora))];
        await server.ArrivedAsync(1);
        go.SetResult();
        FetchedFile[] files = await Task.WhenAll(waiters);

        Assert.Single(server.Requests);
        Assert.Single(files.Select(f => f.Path).Distinct());
        foreach (FetchedFile file in files)
        {
            Assert.True(File.Exists(file.Path));
            await file.DisposeAsync();
        }
    }

    [Fact]
    public async Task Different_urls_do_not_wait_for_each_other()
    {
        TaskCompletionSource never = new();
        await using RawServer server = new((request, response) => request.Target == "/slow" ? never.Task.WaitAsync(response.Stopped) : response.OkAsync([1]));
        await using TestFetch fetch = new();
        fetch.Route(server);
        using CancellationTokenSource cancel = new();

        Task<FetchedFile> slow = fetch.FetchAsync("http://public.test/slow", FetchKind.Lora, cancel.Token);
        await using FetchedFile quick = await fetch.FetchAsync("http://public.test/quick", FetchKind.Lora);

        Assert.False(slow.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
    }

    [Fact]
    public async Task A_waiter_that_cancels_does_not_disturb_the_others()
    {
        TaskCompletionSource go = new();
        await using RawServer server = new(async (_, response) =>
        {
            await go.Task;
            await response.OkAsync([1, 2, 3]);
        });
        await using TestFetch fetch = new();
        fetch.Route(server);
        using CancellationTokenSource cancel = new();

        Task<FetchedFile> first = fetch.FetchAsync("http://public.test/l", FetchKind.Lora, cancel.Token);
        Task<FetchedFile> second = fetch.FetchAsync("http://public.test/l", FetchKind.Lora);
        await server.ArrivedAsync(1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();

        await using FetchedFile file = await second;
        Assert.Equal(3, file.Length);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task The_last_waiter_that_cancels_stops_the_download_and_the_next_one_starts_anew()
    {
        TaskCompletionSource stopped = new();
        int time = 0;
        await using RawServer server = new(async (_, response) =>
        {
            if (++time == 2)
            {
                await response.OkAsync([1, 2, 3]);
                return;
            }
            await response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
            try
            {
                while (true)
                {
                    await response.BytesAsync(new byte[1]);
                    await Task.Delay(5, response.Stopped);
                }
            }
            catch (IOException)
            {
                stopped.SetResult();
            }
        });
        await using TestFetch fetch = new();
        fetch.Route(server);
        using CancellationTokenSource one = new();
        using CancellationTokenSource two = new();

        Task<FetchedFile> first = fetch.FetchAsync("http://public.test/l", FetchKind.Lora, one.Token);
        Task<FetchedFile> second = fetch.FetchAsync("http://public.test/l", FetchKind.Lora, two.Token);
        await server.ArrivedAsync(1);
        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(stopped.Task.IsCompleted);
        await two.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        fetch.AssertUntouched();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        await using FetchedFile file = await fetch.FetchAsync("http://public.test/l", FetchKind.Lora);
        Assert.Equal(3, file.Length);
    }

    [Fact]
    public async Task A_failure_reaches_all_waiters_and_is_not_remembered()
    {
        TaskCompletionSource go = new();
        int time = 0;
        await using RawServer server = new(async (_, response) =>
        {
            await go.Task;
            await (++time == 1 ? response.StatusAsync("404 Not Found", []) : response.OkAsync([1]));
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        Task<FetchedFile>[] waiters = [.. Enumerable.Range(0, 5).Select(_ => fetch.FetchAsync("http://public.test/l", FetchKind.Lora))];
        await server.ArrivedAsync(1);
        go.SetResult();
        foreach (Task<FetchedFile> waiter in waiters)
        {
            await Assert.ThrowsAsync<FetchException>(() => waiter);
        }
        fetch.AssertUntouched();

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/l", FetchKind.Lora);
        Assert.Equal(1, file.Length);
    }

    [Fact]
    public async Task Under_random_cancelling_and_a_tight_budget_no_pin_is_lost_and_no_file_in_use_vanishes()
    {
        await using RawServer server = new((request, response) =>
            request.Header("If-None-Match") is not null ? response.StatusAsync("304 Not Modified", []) : response.OkAsync(TestFetch.RandomBytes(400_000, request.Target[1]), "ETag: \"1\"\r\n"));
        await using TestFetch fetch = new(o => o.CacheBytes = 1_000_000);
        fetch.Route(server);
        Random random = new(5);
        (int Lora, int Delay)[] plan = [.. Enumerable.Range(0, 200).Select(_ => (random.Next(5), random.Next(40)))];

        async Task<bool> UseAsync(int lora, int delay)
        {
            using CancellationTokenSource cancel = new(delay < 5 ? delay : 60_000);
            try
            {
                await using FetchedFile file = await fetch.FetchAsync($"http://public.test/{lora}", FetchKind.Lora, cancel.Token);
                await Task.Delay(delay % 10);
                Assert.Equal(file.Sha256, TestFetch.Sha256(await File.ReadAllBytesAsync(file.Path)));
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        List<Task<bool>> running = [];
        foreach ((int lora, int delay) in plan)
        {
            running.Add(UseAsync(lora, delay));
            await Task.Delay(delay % 3, TestContext.Current.CancellationToken);
        }
        bool[] outcomes = await Task.WhenAll(running);

        Assert.Contains(true, outcomes);
        Assert.InRange(fetch.Cache.Bytes, 1, 1_000_000);
        Assert.Empty(Directory.GetFiles(Path.Combine(fetch.CachePath, "partial")));
        Assert.Equal(fetch.Cache.Bytes, Directory.GetFiles(Path.Combine(fetch.CachePath, "loras")).Sum(f => new FileInfo(f).Length));
    }
}
