using System.Text.Json;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Playground;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>The drawing itself, and the two makers of masks.</summary>
[Collection(OneBrowser.Name)]
public class DrawingTests(Browser browser)
{
    [Fact]
    public async Task What_is_drawn_is_undone_done_again_and_erased()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.ChooseAsync(browser.Film("02"));
        await visit.AskForLittleAsync();
        ILocator undo = visit.Button("Undo"), redo = visit.Button("Redo");
        await Expect(undo).ToBeDisabledAsync();

        await visit.Button("Rectangle").ClickAsync();
        await visit.DragAsync((100, 60), (200, 160));
        await visit.Button("Brush").ClickAsync();
        await visit.DragAsync((20, 20), (60, 20), (60, 60));
        await visit.AssertGreenAsync((150, 110, true), (40, 20, true), (300, 200, false));
        await undo.ClickAsync();
        await visit.AssertGreenAsync((150, 110, true), (40, 20, false));
        await visit.Surface.PressAsync("Control+z");
        await visit.AssertGreenAsync((150, 110, false), (40, 20, false));
        await Expect(undo).ToBeDisabledAsync();
        await visit.Surface.PressAsync("Control+Shift+z");
        await redo.ClickAsync();
        await Expect(redo).ToBeDisabledAsync();
        await visit.AssertGreenAsync((150, 110, true), (40, 20, true));

        await visit.Button("Eraser").ClickAsync();
        await visit.DragAsync((140, 110), (160, 110));
        await visit.AssertGreenAsync((150, 110, false), (110, 70, true));
        await visit.Button("Invert the mask").ClickAsync();
        await visit.AssertGreenAsync((150, 110, true), (110, 70, false), (300, 200, true));
        await visit.Button("Undo").ClickAsync();

        // A polygon by clicks; a mark is taken away.
        await visit.Button("Polygon").ClickAsync();
        foreach ((double x, double y) in new[] { (250.0, 150.0), (350.0, 150.0), (300.0, 230.0), (250.0, 150.0) })
        {
            (float left, float top) = await visit.PointAsync(x, y);
            await visit.Page.Mouse.ClickAsync(left, top);
        }
        await visit.AssertGreenAsync((300, 180, true), (255, 220, false));
        await Expect(visit.Marks.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(4);
        await visit.Button("Remove Rectangle 1").ClickAsync();
        await visit.AssertGreenAsync((110, 70, false), (40, 20, true));
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task Only_what_the_request_covers_is_marked()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.ChooseAsync(browser.Film("02"));
        await Expect(visit.Page.GetByText("The request covers the whole source")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("frame 1 of 25", new() { Exact = true })).ToBeVisibleAsync();
        await visit.AskForLittleAsync();
        await Expect(visit.Page.GetByText("The request covers the first 0:00.375")).ToBeVisibleAsync();

        // It plays to its end, and stays there.
        await visit.Button("Play").ClickAsync();
        await Expect(visit.Page.GetByText("frame 9 of 9", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Button("Play")).ToBeVisibleAsync();

        // What lies behind it can be looked at, not marked.
        await visit.Page.GetByLabel("Show the whole source").CheckAsync();
        await Expect(visit.Page.GetByText("frame 9 of 25", new() { Exact = true })).ToBeVisibleAsync();
        await visit.Button("Next frame (full stop)").ClickAsync();
        await Expect(visit.Page.GetByText("Beyond the request: this part of the source does not go into the result.")).ToBeVisibleAsync();
        await visit.Button("Rectangle").ClickAsync();
        await visit.DragAsync((100, 60), (180, 140));
        await Expect(visit.Marks).ToContainTextAsync("Nothing is marked yet.");
        await visit.Surface.PressAsync("End");
        await visit.DragAsync((100, 60), (180, 140));
        await Expect(visit.Button("Remove Rectangle 1")).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Theory]
    [InlineData(102, 70)]
    [InlineData(101, 67)]
    public async Task Both_makers_give_the_same_mask_in_every_pixel_of_every_frame(int width, int height)
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        // Evenly spaced, then not.
        double[] times = [.. Enumerable.Range(0, 8).Select(i => i / 24.0), 0.375, 0.4, 0.45, 0.5, 0.62];
        object drawing = new { width, height, times, marks = Drawings.Everything() };
        using TestFolder folder = new();

        string content = await visit.Page.EvaluateAsync<string>(
            """
            async (drawing) => {
              const { encodeMask } = await import("/ui/mask.js");
              const file = await encodeMask(drawing, { ticks: 24000, tail: 0.04 });
              if (file === null) throw new Error("This browser made no mask.");
              const bytes = new Uint8Array(await file.arrayBuffer());
              return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            }
            """,
            drawing);
        string browsers = folder.Bytes("browser.mp4", Convert.FromBase64String(content));
        JsonElement made = await visit.Server.PostAsync("/ui/api/masks", drawing);
        string servers = folder.Bytes("server.mp4", await visit.Server.FileAsync(made.GetProperty("url").GetString()!));

        Assert.Equal(times, MaskCheck.Times(browsers), (a, b) => Math.Abs(a - b) <= 0.5 / 24000);
        Assert.Equal(times, MaskCheck.Times(servers), (a, b) => Math.Abs(a - b) <= 0.5e-6);
        List<byte[]> fromBrowser = MaskCheck.Frames(browsers, width, height), fromServer = MaskCheck.Frames(servers, width, height);
        MaskCheck.AssertSame(fromServer, fromBrowser);
        MaskCheck.AssertSame(MaskCheck.Expected(JsonSerializer.SerializeToElement(Drawings.Everything()), width, height, times), fromBrowser);
        Assert.True(fromServer.Select(Convert.ToHexString).Distinct().Count() > 8, "The drawing moves.");
        visit.AssertNothingWrong();
    }
}
