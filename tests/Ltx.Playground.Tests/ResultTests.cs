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

        // A request to the other endpoint goes to that one again.
        JsonElement input = (await visit.Server.GetAsync($"/requests/{second}")).GetProperty("input");
        object plain = new { prompt = "a green disc", video_url = input.GetProperty("video_url"), mask_video_url = input.GetProperty("mask_video_url"), num_frames = 9, num_inference_steps = 8 };
        string other = (await visit.Server.PostAsync("/queue/fal-ai/ltx-2.3-quality/inpaint", plain)).GetProperty("request_id").GetString()!;
        await visit.Page.GotoAsync($"{visit.Url}#/requests/{other}");
        await Expect(visit.Page.GetByText(other, new() { Exact = true })).ToBeVisibleAsync();
        await visit.AwaitResultAsync();
        await visit.Button("Again with another seed").ClickAsync();
        await Expect(visit.Page).Not.ToHaveURLAsync($"{visit.Url}#/requests/{other}");
        string again = await visit.RequestIdAsync();
        Assert.Equal("fal-ai/ltx-2.3-quality/inpaint", (await visit.Server.GetAsync($"/requests/{again}")).GetProperty("endpoint_id").GetString());
        await visit.Page.GotoAsync($"{visit.Url}#/requests/{second}");

        // The result is the next source: its address goes out, nothing is uploaded again.
        await visit.Button("Use the result as source").ClickAsync();
        await Expect(visit.Surface).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("frame 1 of 9", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        await visit.Button("Ellipse").ClickAsync();
        await visit.DragAsync((200, 60), (280, 140));
        string third = await visit.SendAsync();
        input = (await visit.Server.GetAsync($"/requests/{third}")).GetProperty("input");
        Assert.Equal(await ResultAsync(visit, second), input.GetProperty("video_url").GetString());
        visit.AssertNothingWrong();
        await visit.Server.CancelAsync(again);
        await visit.Server.CancelAsync(third);
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

    [Fact]
    public async Task What_the_list_shows_a_part_of_is_not_sent_again_as_that_part()
    {
        PlaygroundServer server = await browser.OpenServerAsync();
        await using Visit visit = await Visit.BeginAsync(browser, server);
        LongRequest request = await LongRequest.BeginAsync(browser, server);
        await request.DisposeAsync();
        visit.Watch.Provoke($"/requests/{request.Id}", "499");
        await visit.Page.GotoAsync($"{visit.Url}#/requests/{request.Id}");
        await Expect(visit.Page.GetByText("The request holds more than the server's list shows of it, so it cannot be changed or sent again from here.")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("data:video/mp4, ")).ToBeVisibleAsync();
        await Expect(visit.Button("Send again as it was")).ToBeHiddenAsync();
        await Expect(visit.Page.GetByText("As code", new() { Exact = true })).ToBeHiddenAsync();
        visit.AssertNothingWrong();
    }

    private static async Task<string> ResultAsync(Visit visit, string id) =>
        (await visit.Server.GetAsync($"/queue/fal-ai/ltx-2.3-quality/requests/{id}")).GetProperty("video").GetProperty("url").GetString()!;
}
