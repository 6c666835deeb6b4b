using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>Sources that are not like others.</summary>
[Collection(OneBrowser.Name)]
public class SourceTests(Browser browser)
{
    private const long MostGrowth = 200 << 20;

    // Whoever holds all of either in memory grows by more than is allowed.
    private static readonly long Padding = LongForm.IsOn ? 2L << 30 : 512L << 20;

    [Fact]
    public async Task A_source_that_this_browser_cannot_decode_is_shown_by_the_servers_preview()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        Assert.Equal("", await visit.Page.EvaluateAsync<string>("document.createElement('video').canPlayType('video/mp4; codecs=\"hvc1.1.6.L93.B0\"')"));
        using TestFolder folder = new();
        string flat = TestMedia.Make(folder, "flat.mp4", "-i", browser.Film("02"), "-frames:v", "12", "-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1", "-an");
        string rotated = TestMedia.Rotated(folder, flat, height: 256);

        await visit.ChooseAsync(rotated);
        await Expect(visit.Page.GetByRole(AriaRole.Group, new() { Name = "Drawing area, 256 by 384 pixels" })).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("You see the server's preview").First).ToBeVisibleAsync();
        await visit.AskForLittleAsync();
        ILocator video = visit.Surface.Locator("video");
        await Expect(video).ToHaveJSPropertyAsync("videoWidth", 256);
        await Expect(video).ToHaveJSPropertyAsync("videoHeight", 384);
        await visit.Button("Ellipse").ClickAsync();
        (float x, float y) = await visit.PointAsync(60, 100, 256, 384);
        (float toX, float toY) = await visit.PointAsync(180, 260, 256, 384);
        await visit.Page.Mouse.MoveAsync(x, y);
        await visit.Page.Mouse.DownAsync();
        await visit.Page.Mouse.MoveAsync(toX, toY, new() { Steps = 5 });
        await visit.Page.Mouse.UpAsync();
        await visit.Prompt.FillAsync("a green disc");
        string id = await visit.SendAsync();
        await visit.AwaitResultAsync();

        JsonElement input = (await visit.Server.GetAsync($"/requests/{id}")).GetProperty("input");
        string mask = folder.Bytes("mask.mp4", await visit.Server.FileAsync(input.GetProperty("mask_video_url").GetString()!));
        double[] times = [.. MaskCheck.Times(flat).Take(9)];
        Assert.Equal(times, MaskCheck.Times(mask), (a, b) => Math.Abs(a - b) < 2e-6);
        MaskCheck.AssertSame(MaskCheck.Expected((await visit.DraftAsync(id)).GetProperty("marks"), 256, 384, times), MaskCheck.Frames(mask, 256, 384));

        // Before and after both show, upright.
        ILocator picture = visit.Page.GetByRole(AriaRole.Img, new() { Name = "Source on the left of the line, result on the right" });
        await Expect(picture).ToHaveJSPropertyAsync("width", 256);
        await Expect(picture).ToHaveJSPropertyAsync("height", 384);
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task The_video_that_is_sent_is_the_one_that_shows()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());

        // The first must be sent to be shown. The second takes its place before that is done.
        TaskCompletionSource<IRoute> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await visit.Page.RouteAsync("**/storage/upload/initiate*", route => asked.SetResult(route), new() { Times = 1 });
        IFileChooser dialog = await visit.Page.RunAndWaitForFileChooserAsync(() => visit.Button("Choose a video").ClickAsync());
        await dialog.SetFilesAsync(Visit.Scene("00"));
        IRoute held = await asked.Task.WaitAsync(TimeSpan.FromMilliseconds(Browser.Patience));
        string film = browser.Film("02");
        await visit.DropAsync(film);
        await held.ContinueAsync();
        await visit.AskForLittleAsync();
        await visit.Button("Rectangle").ClickAsync();
        await visit.DragAsync((100, 60), (180, 140));
        await visit.Prompt.FillAsync("a green disc");
        string id = await visit.SendAsync();
        JsonElement input = (await visit.Server.GetAsync($"/requests/{id}")).GetProperty("input");
        Assert.Equal(await File.ReadAllBytesAsync(film), await visit.Server.FileAsync(input.GetProperty("video_url").GetString()!));
        visit.AssertNothingWrong();
        await visit.Server.CancelAsync(id);
    }

    [Fact]
    public async Task A_mask_file_takes_the_drawings_place()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        using TestFolder folder = new();
        await visit.MarkAsync(browser.Film("02"));
        await visit.Button("Mask file").ClickAsync();
        foreach (string mask in new[] { TestMedia.Mask(folder, width: 384, height: 256, frames: 25), TestMedia.StillMask(folder, 384, 256) })
        {
            IFileChooser dialog = await visit.Page.RunAndWaitForFileChooserAsync(() => visit.Button("Choose the mask").ClickAsync());
            await dialog.SetFilesAsync(mask);
            await visit.AssertGreenAsync((192, 128, true), (100, 70, true), (40, 30, false), (340, 230, false));
            await Expect(visit.Page.GetByText(Path.GetFileName(mask) + " (")).ToBeVisibleAsync();
        }

        await visit.AssertAccessibleAsync("mask file");
        string id = await visit.SendAsync();
        JsonElement input = (await visit.Server.GetAsync($"/requests/{id}")).GetProperty("input");
        Assert.Equal(await File.ReadAllBytesAsync(folder.Named("mask.png")), await visit.Server.FileAsync(input.GetProperty("mask_video_url").GetString()!));
        await visit.AwaitResultAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_film_of_gigabytes_passes_through_no_memory()
    {
        PlaygroundServer server = await browser.OpenServerAsync();
        using TestFolder folder = new();
        string small = browser.Film("02");
        string padded = Padded(folder, small);

        // The same film without and with so much behind it, each in a page of its own: what the server and the page need anyhow is in both. The long form has two gigabytes.
        Use[] without = [await FinishAsync(server, small), await FinishAsync(server, small)];
        Use with = await FinishAsync(server, padded);

        JsonElement input = (await server.GetAsync($"/requests/{with.Request}")).GetProperty("input");
        using HttpClient client = new();
        using HttpResponseMessage head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(server.Url, new Uri(input.GetProperty("video_url").GetString()!).AbsolutePath)));
        Assert.True(head.Content.Headers.ContentLength > Padding, "The server has all of it.");
        AssertGrewLittle("page", without.Select(use => use.Page), with.Page);
        AssertGrewLittle("server", without.Select(use => use.Server), with.Server);
    }

    private static void AssertGrewLittle(string name, IEnumerable<long> without, long with)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {string.Join(" and ", without.Select(bytes => bytes >> 20))} MB at most without what is behind it, {with >> 20} MB with it");
        Assert.All(without.Append(with), bytes => Assert.True(bytes > 0, "It was there to be looked at."));
        Assert.True(with - without.Max() < MostGrowth, $"The {name} grew from {without.Max()} to {with} bytes.");
    }

    /// <summary>A film's whole way in a new page, and the most memory, in bytes, that the page and the server had at a time.</summary>
    private async Task<Use> FinishAsync(PlaygroundServer server, string file)
    {
        await using Visit visit = await Visit.BeginAsync(browser, server);
        foreach (int id in await RendererIdsAsync()) _ = Look(id, CountAnew);
        _ = Look(server.ProcessId, CountAnew);
        await visit.MarkAsync(file);
        // Gigabytes over the loopback, and on a busy disk.
        string request = await visit.SendAsync(patience: 600_000);
        await visit.AwaitResultAsync();
        visit.AssertNothingWrong();
        // The browser keeps other processes for pages to come; none of them has done as much.
        return new Use(request, (await RendererIdsAsync()).Max(id => Look(id, Highest)), Look(server.ProcessId, Highest));
    }

    /// <summary>Looks at a process; 0 where it has ended.</summary>
    private static long Look(int process, Func<int, long> look)
    {
        try
        {
            return look(process);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0; // its folder is gone, or has no memory to tell of
        }
    }

    private static long CountAnew(int process)
    {
        File.WriteAllText($"/proc/{process}/clear_refs", "5");
        return 0;
    }

    /// <summary>The highest mark of a process's memory, in bytes.</summary>
    private static long Highest(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;

    /// <summary>The processes that pages run in.</summary>
    private async Task<int[]> RendererIdsAsync()
    {
        ICDPSession session = await browser.Chromium.NewBrowserCDPSessionAsync();
        JsonElement answer = (await session.SendAsync("SystemInfo.getProcessInfo"))!.Value;
        await session.DetachAsync();
        return [.. answer.GetProperty("processInfo").EnumerateArray().Where(p => p.GetProperty("type").GetString() == "renderer").Select(p => p.GetProperty("id").GetInt32())];
    }

    /// <summary>The same film with a box of nothing behind it, which takes no room on the disk.</summary>
    private static string Padded(TestFolder folder, string film)
    {
        string path = folder.Named("padded.mp4");
        File.Copy(film, path);
        using FileStream file = new(path, FileMode.Append);
        Span<byte> box = stackalloc byte[16];
        // A size of 1: the true one follows the name.
        BinaryPrimitives.WriteUInt32BigEndian(box, 1);
        "free"u8.CopyTo(box[4..]);
        BinaryPrimitives.WriteInt64BigEndian(box[8..], Padding);
        file.Write(box);
        file.SetLength(file.Length - box.Length + Padding);
        return path;
    }

    private sealed record Use(string Request, long Page, long Server);
}
