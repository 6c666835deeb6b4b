using System.Text.Json;
using Ltx.Playground.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>Where the work goes on from a result, and what is left of it.</summary>
[Collection(OneBrowser.Name)]
public class ResultTests(Browser browser)
{
    [Fact]
    public async Task A_result_is_downloaded_made_again_and_worked_on()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.MarkAsync(browser.Film("02"));
        string first = await visit.SendAsync();
        await visit.AwaitResultAsync();
        string seed = await visit.Fact("Seed").Locator(".value").InnerTextAsync();

        IDownload download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Link, new() { NameString = "Download" }).ClickAsync());
        string result = await ResultAsync(visit, first);
        Assert.Equal(await visit.Server.FileAsync(result), await File.ReadAllBytesAsync(await download.PathAsync()));

        await visit.Button("Again with another seed").ClickAsync();
        await Expect(visit.Page).Not.ToHaveURLAsync($"{visit.Url}#/requests/{first}");
        string second = await visit.RequestIdAsync();
        await Expect(visit.Page.GetByText(second, new() { Exact = true })).ToBeVisibleAsync();
        await visit.AwaitResultAsync();
        await Expect(visit.Fact("Seed").Locator(".value")).Not.ToHaveTextAsync(seed);
        Assert.NotEqual(await visit.Server.FileAsync(result), await visit.Server.FileAsync(await ResultAsync(visit, second)));

        // The result is the next source: its address goes out, nothing is uploaded again.
        await visit.Button("Use the result as source").ClickAsync();
        await Expect(visit.Surface).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("frame 1 of 9", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        await visit.Button("Ellipse").ClickAsync();
        await visit.DragAsync((200, 60), (280, 140));
        string third = await visit.SendAsync();
        JsonElement input = (await visit.Server.GetAsync($"/requests/{third}")).GetProperty("input");
        Assert.Equal(await ResultAsync(visit, second), input.GetProperty("video_url").GetString());
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task Where_the_input_is_gone_the_page_says_so()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.MarkAsync(browser.Film("02"));
        string id = await visit.SendAsync();
        await visit.AwaitResultAsync();
        await visit.Server.DeletePayloadsAsync(id);
        visit.Watch.Provoke($"/requests/{id}", "4");
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByText("What this request was made of has been deleted from the server.")).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync("deleted");
        visit.AssertNothingWrong();
    }

    private static async Task<string> ResultAsync(Visit visit, string id) =>
        (await visit.Server.GetAsync($"/queue/fal-ai/ltx-2.3-quality/requests/{id}")).GetProperty("video").GetProperty("url").GetString()!;
}
