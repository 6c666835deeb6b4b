using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>From a file on the desktop to the slider between before and after.</summary>
[Collection(OneBrowser.Name)]
public partial class JourneyTests(Browser browser)
{
    private static readonly string[] Languages = ["JSON", "curl", "JavaScript", "Python"];

    [Fact]
    public async Task At_the_machines_own_address()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        Assert.True(await visit.Page.EvaluateAsync<bool>("isSecureContext && 'VideoEncoder' in window"));
        ConcurrentQueue<string> served = Calls(visit);
        await WholeJourneyAsync(visit, looksAtAll: true);

        // The browser made the mask by itself.
        Assert.DoesNotContain("/ui/api/masks", served);
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task At_a_plain_http_name_with_a_key()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.LockedServerAsync(), Browser.PlainName);
        Assert.False(await visit.Page.EvaluateAsync<bool>("isSecureContext || 'VideoEncoder' in window || 'clipboard' in navigator"));
        ConcurrentQueue<string> served = Calls(visit);
        await visit.Button("Key").ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("API key").FillAsync(PlaygroundServer.Key);
        await visit.AssertAccessibleAsync("key");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Use this key" }).ClickAsync();
        await WholeJourneyAsync(visit, looksAtAll: false);

        // Without WebCodecs the server makes it.
        Assert.Contains("/ui/api/masks", served);
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task By_keyboard_alone_to_a_model_and_back()
    {
        // The one test with a model: the shortest way, everything from the page to the network and back.
        using PlaygroundServer server = await PlaygroundServer.StartAsync(hasKey: false, hasModel: true);
        await using Visit visit = await Visit.BeginAsync(browser, server);
        IPage page = visit.Page;

        // A file by the button's dialog.
        await TabToAsync(page, visit.Button("Choose a video"));
        IFileChooser dialog = await page.RunAndWaitForFileChooserAsync(() => page.Keyboard.PressAsync("Enter"));
        await dialog.SetFilesAsync(browser.Film("01"));
        await Expect(visit.Surface).ToBeVisibleAsync();

        // Little work.
        await TabToAsync(page, page.GetByText("More", new() { Exact = true }));
        await page.Keyboard.PressAsync("Enter");
        foreach ((string label, string value) in new[] { ("Num frames", "9"), ("Num inference steps", "8") })
        {
            await TabToAsync(page, page.GetByRole(AriaRole.Textbox, new() { Name = label, Exact = true }));
            await page.Keyboard.PressAsync("Control+a");
            await page.Keyboard.TypeAsync(value);
        }
        await Expect(page.GetByText("frame 1 of 9", new() { Exact = true })).ToBeVisibleAsync();

        // An ellipse, resized and moved; at the last frame it lies elsewhere.
        await TabToAsync(page, visit.Surface);
        foreach (string key in new[] { "e", "Enter", "Shift+ArrowRight", "ArrowLeft", "End", "Alt+ArrowRight", "Alt+ArrowRight", "Alt+ArrowDown" }) await page.Keyboard.PressAsync(key);
        await Expect(visit.Marks).ToContainTextAsync("2 keys");

        await TabToAsync(page, visit.Prompt);
        await page.Keyboard.TypeAsync("a green disc");
        await TabToAsync(page, visit.Send);
        await page.Keyboard.PressAsync("Enter");
        string id = await visit.RequestIdAsync();
        await visit.AwaitResultAsync();

        await TabToAsync(page, visit.Line);
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(visit.Line).ToHaveJSPropertyAsync("value", "51");
        JsonElement keys = (await visit.DraftAsync(id)).GetProperty("marks").GetProperty("shapes")[0].GetProperty("keys");
        Assert.Equal(20, keys[1].GetProperty("x").GetDouble() - keys[0].GetProperty("x").GetDouble(), 0.01);
        await AssertMaskIsTheDrawingAsync(visit, id);
        visit.AssertNothingWrong();
    }

    /// <param name="looksAtAll">every state is looked at for its accessibility, and every language is copied; once is enough for what is the same at every address</param>
    private async Task WholeJourneyAsync(Visit visit, bool looksAtAll)
    {
        Task AssertAccessibleAsync(string state) => looksAtAll ? visit.AssertAccessibleAsync(state) : Task.CompletedTask;
        string[] languages = looksAtAll ? Languages : Languages[..1];
        IPage page = visit.Page;
        await Expect(visit.Button("Choose a video")).ToBeVisibleAsync();
        await AssertAccessibleAsync("empty");

        // The source and the marks.
        await visit.DropAsync(Visit.Scene("00"));
        await visit.AskForLittleAsync();
        await visit.DrawMovingRectangleAsync();
        await visit.Prompt.FillAsync("an orange disc");
        await AssertAccessibleAsync("marking");
        await AssertCodeCopiesAsync(visit, "What belongs there", languages);

        // Into the queue and through it.
        string id;
        await using (await LongRequest.BeginAsync(browser, visit.Server))
        {
            id = await visit.SendAsync();
            await Expect(visit.State).ToContainTextAsync("Next in the queue");
            await Expect(visit.Progress).ToBeVisibleAsync();
            await AssertAccessibleAsync("waiting");
        }

        await visit.AwaitResultAsync();

        // The slider, by drag and by key; the views; the outline.
        ILocator picture = page.GetByRole(AriaRole.Img, new() { Name = "Source on the left of the line, result on the right" });
        await Expect(picture).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("(canvas) => canvas.width === 384 && canvas.height === 256", await picture.ElementHandleAsync());
        await picture.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await picture.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + box.Width / 4, box.Y + box.Height / 2, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        await Expect(visit.Line).ToHaveValueAsync(From24To26());
        double at = double.Parse(await visit.Line.InputValueAsync(), CultureInfo.InvariantCulture);
        await visit.Line.PressAsync("ArrowRight");
        await Expect(visit.Line).ToHaveValueAsync((at + 0.5).ToString(CultureInfo.InvariantCulture));
        string source = await ViewAsync(visit, picture, "Source"), result = await ViewAsync(visit, picture, "Result"), difference = await ViewAsync(visit, picture, "Difference");
        Assert.Equal(3, new[] { source, result, difference }.Distinct().Count());
        await visit.Button("Mask outline").ClickAsync();
        await Expect(picture).ToHaveAttributeAsync("data-outlined", "true");
        Assert.NotEqual(difference, await PictureAsync(picture));
        await AssertAccessibleAsync("finished");
        await AssertCodeCopiesAsync(visit, "The request", languages);
        await AssertCopiesAsync(visit, visit.Button("Copy id"), id);
        await AssertCopiesAsync(visit, visit.Fact("Seed").GetByRole(AriaRole.Button), await visit.Fact("Seed").Locator(".value").InnerTextAsync());
        await AssertCopiesAsync(visit, visit.Fact("Final prompt").GetByRole(AriaRole.Button), "an orange disc");

        // It is in the list, with a picture of its result.
        await AssertMaskIsTheDrawingAsync(visit, id);
        JsonElement keys = (await visit.DraftAsync(id)).GetProperty("marks").GetProperty("shapes")[0].GetProperty("keys");
        Assert.Equal((140.0, 100.0), (keys[0].GetProperty("x").GetDouble(), keys[0].GetProperty("y").GetDouble()), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1 && Math.Abs(a.Item2 - b.Item2) < 1);
        Assert.Equal((200.0, 140.0), (keys[1].GetProperty("x").GetDouble(), keys[1].GetProperty("y").GetDouble()), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1 && Math.Abs(a.Item2 - b.Item2) < 1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).ClickAsync();
        ILocator entry = page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "an orange disc" }).First;
        await Expect(entry).ToContainTextAsync("Finished");
        await Expect(entry.Locator("img")).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await entry.Locator("img").EvaluateAsync<int>("image => image.naturalWidth") > 0);
        await AssertAccessibleAsync("list");
    }

    /// <summary>The picture in one of the views, once it shows it.</summary>
    private static async Task<string> ViewAsync(Visit visit, ILocator picture, string view)
    {
        await visit.Button(view).ClickAsync();
        await Expect(visit.Button(view)).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(picture).ToHaveAttributeAsync("data-shown", view.ToLowerInvariant());
        return await PictureAsync(picture);
    }

    private static Task<string> PictureAsync(ILocator picture) => picture.EvaluateAsync<string>("canvas => canvas.toDataURL()");

    private static async Task AssertCodeCopiesAsync(Visit visit, string region, string[] languages)
    {
        ILocator panel = visit.Page.GetByRole(AriaRole.Region, new() { Name = region });
        await panel.GetByText("As code", new() { Exact = true }).ClickAsync();
        foreach (string language in languages)
        {
            await panel.GetByRole(AriaRole.Tab, new() { Name = language, Exact = true }).ClickAsync();
            string shown = (await panel.GetByRole(AriaRole.Tabpanel).InnerTextAsync()).Trim();
            Assert.Contains("an orange disc", shown, StringComparison.Ordinal);
            await AssertCopiesAsync(visit, panel.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }), shown);
        }
    }

    private static async Task AssertCopiesAsync(Visit visit, ILocator button, string text)
    {
        await button.ClickAsync();
        await visit.AssertPastesAsync(text);
        await Expect(visit.Page.Locator("#announcer")).ToHaveTextAsync("Copied.");
    }

    /// <summary>The mask that the server was given, pixel for pixel and time for time, against the drawing.</summary>
    private static async Task AssertMaskIsTheDrawingAsync(Visit visit, string id)
    {
        JsonElement input = (await visit.Server.GetAsync($"/requests/{id}")).GetProperty("input");
        using TestFolder folder = new();
        string mask = folder.Bytes("mask.mp4", await visit.Server.FileAsync(input.GetProperty("mask_video_url").GetString()!));
        string source = folder.Bytes("source.mp4", await visit.Server.FileAsync(input.GetProperty("video_url").GetString()!));
        double[] times = [.. MaskCheck.Times(source).Take(9)];
        Assert.Equal(times, MaskCheck.Times(mask), (a, b) => Math.Abs(a - b) < 2e-6);
        MaskCheck.AssertSame(MaskCheck.Expected((await visit.DraftAsync(id)).GetProperty("marks"), 384, 256, times), MaskCheck.Frames(mask, 384, 256));
    }

    /// <summary>Paths of the calls that the page makes from here on.</summary>
    private static ConcurrentQueue<string> Calls(Visit visit)
    {
        ConcurrentQueue<string> calls = [];
        visit.Page.Request += (_, request) => calls.Enqueue(new Uri(request.Url).AbsolutePath);
        return calls;
    }

    private static async Task TabToAsync(IPage page, ILocator target)
    {
        for (int presses = 0; presses < 200; presses++)
        {
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement || (element.closest('summary') ?? element) === document.activeElement")) return;
            await page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"Tab never comes to {target}.");
    }

    [GeneratedRegex(@"^(2[45](\.5)?|26)$")]
    private static partial Regex From24To26();
}
