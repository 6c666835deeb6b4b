using System.Text.Json;
using System.Text.RegularExpressions;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>What may come between a person and the result.</summary>
[Collection(OneBrowser.Name)]
public partial class StateTests(Browser browser)
{
    [Fact]
    public async Task A_running_request_is_cancelled_and_can_be_changed()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.MarkAsync(browser.Film("02"));

        // So many steps that it runs for as long as it is looked at.
        await visit.SetAsync("Num frames", 25);
        await visit.SetAsync("Num inference steps", 30);
        string id = await visit.SendAsync();
        await Expect(visit.Progress).ToHaveAttributeAsync("value", AboveZero());
        await Expect(visit.State).ToContainTextAsync(StageAndStep());
        await Expect(visit.State).ToContainTextAsync(ShareAndRest());
        await Expect(visit.Page.GetByRole(AriaRole.List, new() { Name = "Log" })).ToContainTextAsync("Stage 1: step 1 of 30");
        await visit.AssertAccessibleAsync("running");
        await visit.Page.ReloadAsync();
        await Expect(visit.Progress).ToHaveAttributeAsync("value", AboveZero());
        await visit.Button("Cancel").ClickAsync();
        await Expect(visit.Page.GetByText("Cancelled", new() { Exact = true })).ToBeVisibleAsync();
        visit.Watch.Provoke($"/requests/{id}", "499");
        await visit.AssertAccessibleAsync("cancelled");
        Assert.Equal("client_cancelled", (await visit.Server.GetAsync($"/requests/{id}")).GetProperty("error_type").GetString());

        // Back at the workplace everything is as it was.
        await visit.Button("Change and send again").ClickAsync();
        await Expect(visit.Surface).ToBeVisibleAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        await Expect(visit.Button("Remove Rectangle 1")).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_reload_loses_neither_the_drawing_nor_the_request()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.ChooseAsync(browser.Film("02"));
        await visit.AskForLittleAsync();
        await visit.DrawMovingRectangleAsync();
        await visit.Prompt.FillAsync("a green disc");
        await visit.Page.ReloadAsync();

        // A page cannot open a file by itself: it asks for it, and goes on where it was.
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Choose source.mp4 again" })).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync("reloaded");
        await visit.ChooseAsync(browser.Film("02"));
        await Expect(visit.Marks).ToContainTextAsync("2 keys");
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        await Expect(visit.Page.GetByText("frame 1 of 9", new() { Exact = true })).ToBeVisibleAsync();

        // In the middle of it, and another time after it.
        string id;
        await using (await LongRequest.BeginAsync(browser, visit.Server))
        {
            await using (await LongRequest.BeginAsync(browser, visit.Server))
            {
                id = await visit.SendAsync();
                await Expect(visit.State).ToContainTextAsync("1 in front of this one");
                await visit.Page.ReloadAsync();
                await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "a green disc" })).ToBeVisibleAsync();
                await Expect(visit.Progress).ToBeVisibleAsync();
                await Expect(visit.State).ToContainTextAsync("1 in front of this one");
            }

            await Expect(visit.State).ToContainTextAsync("Next in the queue");
        }

        await visit.AwaitResultAsync();
        await visit.Page.ReloadAsync();
        await visit.AwaitResultAsync();
        Assert.Equal(id, await visit.RequestIdAsync());
        visit.AssertNothingWrong();
    }

    /// <param name="atOnce">closed before the hand has rested and anything is in the database; otherwise ended, with no time for last words</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_closed_tab_leaves_its_drawing_to_the_next(bool atOnce)
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.MarkAsync(browser.Film("02"));
        if (!atOnce)
        {
            await visit.AwaitDraftAsync("a green disc");
            await visit.Page.EvaluateAsync("() => (Storage.prototype.setItem = () => {})");
        }
        await visit.Page.CloseAsync(new() { RunBeforeUnload = atOnce });
        await using Visit next = await visit.SecondTabAsync();
        await Expect(next.Button("Go on")).ToBeVisibleAsync();
        await next.AssertAccessibleAsync("offer");
        await next.Button("Go on").ClickAsync();
        await Expect(next.Page.GetByRole(AriaRole.Heading, new() { Name = "Choose source.mp4 again" })).ToBeVisibleAsync();
        await next.ChooseAsync(browser.Film("02"));
        await Expect(next.Button("Remove Rectangle 1")).ToBeVisibleAsync();
        await Expect(next.Prompt).ToHaveValueAsync("a green disc");
        next.AssertNothingWrong();
    }

    [Fact]
    public async Task A_browser_whose_store_never_answers_stops_nothing()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync(), before: context => context.AddInitScriptAsync("IDBFactory.prototype.open = () => new EventTarget();"));
        await visit.MarkAsync(browser.Film("02"));
        await using (await LongRequest.BeginAsync(browser, visit.Server))
        {
            string id = await visit.SendAsync();
            visit.Watch.Provoke($"/requests/{id}", "499");
            await visit.Button("Cancel").ClickAsync();
        }

        // What was drawn is not kept, and the mask that was made of it is on the server.
        await visit.Button("Change and send again").ClickAsync();
        await Expect(visit.Surface).ToBeVisibleAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task An_error_stands_at_its_field_in_the_apis_own_words()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.MarkAsync(browser.Film("02"));
        await visit.SetAsync("Num inference steps", 99);
        visit.Watch.Provoke("/inpaint/lora", "422");
        await visit.Send.ClickAsync();
        ILocator field = visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Num inference steps", Exact = true });
        await Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(field).ToBeFocusedAsync();
        await Expect(field).ToHaveAccessibleDescriptionAsync(new Regex("Input should be less than or equal to 30"));
        await visit.AssertAccessibleAsync("wrong field");
        await visit.SetAsync("Num inference steps", 8);
        await Expect(field).Not.ToHaveAttributeAsync("aria-invalid", "true");

        // One of up to three LoRAs, whose link is missing.
        for (int i = 0; i < 3; i++) await visit.Button("Add a LoRA").ClickAsync();
        await Expect(visit.Button("Add a LoRA")).ToBeHiddenAsync();
        await visit.Button("Remove this LoRA").Last.ClickAsync();
        await visit.Button("Remove this LoRA").Last.ClickAsync();
        await visit.Send.ClickAsync();
        ILocator path = visit.Page.GetByRole(AriaRole.Group, new() { Name = "LoRAs" }).GetByRole(AriaRole.Textbox).First;
        await Expect(path).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(path).ToHaveAccessibleDescriptionAsync(new Regex("Field required"));
        await visit.Button("Remove this LoRA").ClickAsync();
        string id = await visit.SendAsync();
        visit.AssertNothingWrong();
        await visit.Server.CancelAsync(id);
    }

    [Fact]
    public async Task Nothing_is_sent_without_a_mark_or_a_source()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.Send.ClickAsync();
        await Expect(visit.Page.GetByText("Choose the video first.").First).ToBeVisibleAsync();
        await visit.ChooseAsync(browser.Film("02"));
        await Expect(visit.Surface).ToBeVisibleAsync();
        await visit.Send.ClickAsync();
        await Expect(visit.Page.GetByText("Mark what should be made anew first.").First).ToBeVisibleAsync();
        await Expect(visit.Surface).ToBeFocusedAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_file_that_is_gone_since_is_told_from_a_server_that_is_away()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        using TestFolder folder = new();
        string film = folder.Named("mine.mp4");
        File.Copy(browser.Film("02"), film);
        await visit.MarkAsync(film);
        // What is written to a file behind the browser's back it does not see each time, and sends what is there then.
        File.Delete(film);
        visit.Watch.Provoke("/", "net::ERR_FILE_NOT_FOUND");
        await visit.Send.ClickAsync();
        await Expect(visit.Page.GetByText("mine.mp4 was changed, moved or deleted since it was chosen. Choose it again.")).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_press_of_copy_says_so_for_its_own_time()
    {
        // Over plain http a press has copied when it ends; the clipboard interface takes its own time.
        await using Visit visit = await Visit.BeginAsync(browser, await browser.LockedServerAsync(), Browser.PlainName, before: context => context.Clock.InstallAsync());
        await visit.Page.GetByText("As code", new() { Exact = true }).ClickAsync();
        await visit.Page.Clock.PauseAtAsync(DateTime.UtcNow.AddHours(1)); // from here on the test says what time it is
        ILocator copy = visit.Page.GetByRole(AriaRole.Region, new() { Name = "What belongs there" }).GetByRole(AriaRole.Button, new() { NameRegex = Copying() });
        await copy.ClickAsync();
        await Expect(copy).ToHaveTextAsync("Copied");
        await visit.Page.Clock.RunForAsync(1000);
        await copy.ClickAsync();
        await visit.Page.Clock.RunForAsync(1000);
        await Expect(copy).ToHaveTextAsync("Copied");
        await visit.Page.Clock.RunForAsync(1000);
        await Expect(copy).ToHaveTextAsync("Copy");
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task Who_has_no_key_is_asked_for_it_once()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.LockedServerAsync(), before: context => context.Clock.InstallAsync());
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        visit.Watch.Provoke("/requests?", "401");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).ClickAsync();
        await Expect(dialog).ToBeVisibleAsync();
        await visit.Button("Not now").ClickAsync();
        ILocator note = visit.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Status);
        await Expect(note).ToBeVisibleAsync();
        string refusal = await note.InnerTextAsync();
        await visit.Page.Clock.RunForAsync(60_000);
        await Expect(dialog).ToBeHiddenAsync();

        // With a key the list comes by itself.
        await visit.Button("Key").ClickAsync();
        await dialog.GetByLabel("API key").FillAsync(PlaygroundServer.Key);
        await dialog.GetByLabel("API key").PressAsync("Enter");
        await Expect(visit.Page.GetByText(refusal)).ToBeHiddenAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_wrong_key_is_told_and_a_right_one_goes_on()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.LockedServerAsync(), Browser.PlainName);
        await visit.MarkAsync(browser.Film("02"));
        visit.Watch.Provoke("/storage/upload/initiate", "401");
        await visit.Send.ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("This server asks for a key");
        await dialog.GetByLabel("API key").FillAsync("a-wrong-key");
        await dialog.GetByLabel("API key").PressAsync("Enter");
        await Expect(dialog).ToContainTextAsync("The server does not know this key.");
        await dialog.GetByLabel("API key").FillAsync(PlaygroundServer.Key);
        await dialog.GetByLabel("API key").PressAsync("Enter");
        string id = await visit.RequestIdAsync();
        await visit.AwaitResultAsync();

        // The key is this tab's alone: the second one knows nothing, and may not see the request.
        await using Visit second = await visit.SecondTabAsync();
        Assert.Null(await second.Page.EvaluateAsync<string?>("sessionStorage.getItem('ltx-key')"));
        visit.Watch.Provoke($"/requests/{id}", "401");
        await second.Page.GotoAsync($"{second.Url}#/requests/{id}");
        await Expect(second.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("This server asks for a key");
        await second.Button("Not now").ClickAsync();
        await Expect(second.Page.GetByText("The request cannot be shown now")).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task While_the_server_is_away_the_page_says_so_and_goes_on_when_it_is_back()
    {
        using PlaygroundServer server = await PlaygroundServer.StartAsync(hasKey: false, comesBack: true);
        await using Visit visit = await Visit.BeginAsync(browser, server);
        await visit.MarkAsync(browser.Film("02"));
        visit.Watch.Provoke("/", "net::ERR_");
        server.Kill();
        await visit.Send.ClickAsync();
        await Expect(visit.Page.GetByText("The server does not answer. It may be stopped or restarting, or the network is down.")).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync("no server");

        // Nothing is lost; and what runs when the server goes away is taken up again. It is work enough to be running still when it does.
        await server.BeginAgainAsync();
        await visit.SetAsync("Num frames", 25);
        await visit.SetAsync("Num inference steps", 30);
        string id = await visit.SendAsync();
        await Expect(visit.Progress).ToHaveAttributeAsync("value", AboveZero());
        server.Kill();
        ILocator away = visit.Page.GetByText("The server does not answer. The request is safe on its disk; this page keeps asking.");
        await Expect(away).ToBeVisibleAsync();
        await server.BeginAgainAsync();
        await Expect(away).ToBeHiddenAsync();
        await server.UntilAsync($"/requests/{id}", request => request.GetProperty("attempts").GetInt32() == 2);
        await Expect(visit.State).ToContainTextAsync(StageAndStep());

        // With less to do, to the end.
        visit.Watch.Provoke($"/requests/{id}", "499");
        await visit.Button("Cancel").ClickAsync();
        await visit.Button("Change and send again").ClickAsync();
        await Expect(visit.Surface).ToBeVisibleAsync();
        await visit.AskForLittleAsync();
        Assert.NotEqual(id, await visit.SendAsync());
        await visit.AwaitResultAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task Two_tabs_keep_two_drawings()
    {
        await using Visit first = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await first.MarkAsync(browser.Film("02"));
        await using Visit second = await first.SecondTabAsync();
        await second.ChooseAsync(browser.Film("03"));
        await Expect(second.Surface).ToBeVisibleAsync();
        await second.Button("Ellipse").ClickAsync();
        await second.DragAsync((50, 50), (120, 100));
        await second.Button("Ellipse").ClickAsync();
        await second.DragAsync((200, 50), (250, 100));
        await Expect(second.Marks.GetByRole(AriaRole.Button, new() { NameString = "Remove" })).ToHaveCountAsync(2);
        await second.Prompt.FillAsync("a green square");

        // Each comes back to its own, and one's request is in the other's list.
        string id = await first.SendAsync();
        await second.Page.ReloadAsync();
        await second.ChooseAsync(browser.Film("03"));
        await Expect(second.Marks.GetByRole(AriaRole.Button, new() { NameString = "Remove" })).ToHaveCountAsync(2);
        await Expect(second.Prompt).ToHaveValueAsync("a green square");
        await second.Page.GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).ClickAsync();
        await second.Page.Locator($"a[href='#/requests/{id}']").ClickAsync();
        await second.AwaitResultAsync();
        await first.AwaitResultAsync();
        Assert.Equal("a green disc", (await first.DraftAsync(id)).GetProperty("form").GetProperty("prompt").GetString());
        first.AssertNothingWrong();
    }

    /// <summary>A share of the work: more than nothing, less than all.</summary>
    [GeneratedRegex("^0\\.[0-9]*[1-9]")]
    private static partial Regex AboveZero();

    [GeneratedRegex("^Cop(y|ied)$")]
    private static partial Regex Copying();

    [GeneratedRegex(@"Stage 1: \d+ of 30")]
    private static partial Regex StageAndStep();

    [GeneratedRegex(@"\d+ % done · .+")]
    private static partial Regex ShareAndRest();
}
