using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>
/// Pictures of the four states for people to look at, wide and narrow, light and dark: `tests/run -explicit only -class Ltx.Playground.Tests.Screenshots` writes
/// them into the folder that LTX_SCREENSHOTS names.
/// </summary>
[Collection(OneBrowser.Name)]
public class Screenshots(Browser browser)
{
    [Theory(Explicit = true)]
    [InlineData(1440, 900)]
    [InlineData(390, 844)]
    public async Task Of_every_state(int width, int height)
    {
        string folder = Environment.GetEnvironmentVariable("LTX_SCREENSHOTS") ?? Path.Combine(Repository.Root, "artifacts", "screenshots");
        Directory.CreateDirectory(folder);
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync(), options: new() { ViewportSize = new() { Width = width, Height = height } });
        async Task TakeAsync(string state)
        {
            foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await visit.Page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
                await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{state}-{width}-{scheme.ToString().ToLowerInvariant()}.png"), FullPage = width < 500 });
            }
        }

        await Expect(visit.Button("Choose a video")).ToBeVisibleAsync();
        await TakeAsync("empty");
        await visit.ChooseAsync(Visit.Scene("00"));
        await Expect(visit.Surface).ToBeVisibleAsync();
        await visit.Prompt.FillAsync("an orange disc");
        await visit.Button("Ellipse").ClickAsync();
        await visit.DragAsync((120, 70), (220, 170));
        await visit.Surface.PressAsync("End");
        await visit.Button("Select and move").ClickAsync();
        await visit.DragAsync((170, 120), (230, 150));
        await Expect(visit.Marks).ToContainTextAsync("2 keys");
        await TakeAsync("marking");
        await visit.SendAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Progressbar, new() { Name = "Progress of the request" })).ToHaveAttributeAsync("value", new System.Text.RegularExpressions.Regex("^0\\.[1-9]"));
        await TakeAsync("running");
        await visit.AwaitResultAsync();
        await visit.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('canvas')].some((canvas) => canvas.width > 300)");
        await TakeAsync("finished");
        visit.AssertNothingWrong();
    }
}
