using Ltx.Playground.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>Several results: what differs in its seed alone, the list, two under one line; and a LoRA that is dropped anywhere.</summary>
[Collection(OneBrowser.Name)]
public class GalleryTests(Browser browser)
{
    [Fact]
    public async Task Variations_are_made_compared_found_and_deleted()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        IPage page = visit.Page;
        string prompt = $"a green disc {Guid.NewGuid():N}";
        await visit.MarkAsync(browser.Film("02"));
        await visit.Prompt.FillAsync(prompt);
        await page.GetByRole(AriaRole.Group, new() { Name = "Variations" }).GetByRole(AriaRole.Button, new() { Name = "2", Exact = true }).ClickAsync();
        await visit.Send.ClickAsync();

        // Both end, with seeds of their own.
        ILocator both = page.GetByRole(AriaRole.List, new() { Name = "Variations" });
        ILocator seeds = both.GetByText("Seed ", new() { Exact = false });
        await Expect(seeds).ToHaveCountAsync(2);
        Assert.Equal(2, (await seeds.AllInnerTextsAsync()).Distinct().Count());
        await visit.AssertAccessibleAsync("variations");
        await both.GetByLabel("Compare variation 1").CheckAsync();
        await both.GetByLabel("Compare variation 2").CheckAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare these two" }).ClickAsync();
        await Expect(visit.Line).ToBeVisibleAsync();
        await Expect(page.Locator(".compare-canvas")).ToHaveAttributeAsync("data-shown", "wipe");
        await visit.AssertAccessibleAsync("compared");

        // In the list they are found by their prompt, and by how they ended.
        await page.GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).ClickAsync();
        ILocator found = page.Locator(".requests > li:visible");
        await page.GetByLabel("Search prompts").FillAsync(prompt);
        await Expect(found).ToHaveCountAsync(2);
        await visit.Button("Failed").ClickAsync();
        await Expect(found).ToHaveCountAsync(0);
        await Expect(page.GetByText("None of those that are shown is like that.")).ToBeVisibleAsync();
        await visit.Button("Finished").ClickAsync();
        await Expect(found).ToHaveCountAsync(2);

        // The pointer lets one play.
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.NoPreference });
        await found.First.GetByRole(AriaRole.Link).HoverAsync();
        await Expect(found.First.Locator("video")).ToHaveJSPropertyAsync("paused", false);
        await found.First.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await found.First.GetByRole(AriaRole.Button, new() { Name = "Really delete?" }).ClickAsync();
        await Expect(found).ToHaveCountAsync(1);
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_lora_may_be_dropped_anywhere()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await Expect(visit.Button("Try the sample")).ToBeVisibleAsync();
        await visit.Page.EvaluateAsync(
            """
            () => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(64)], "style.safetensors"));
              document.querySelector("header").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
            }
            """);
        await Expect(visit.Page.GetByText("style.safetensors is on the server.")).ToBeVisibleAsync();
        ILocator path = visit.Page.GetByRole(AriaRole.Group, new() { Name = "LoRAs" }).GetByRole(AriaRole.Textbox).First;
        await Expect(path).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("/files/.*\\.safetensors$"));
        visit.AssertNothingWrong();
    }
}
