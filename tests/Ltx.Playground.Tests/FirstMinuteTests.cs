using System.Text.RegularExpressions;
using Ltx.Playground.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>What somebody meets who opens the page for the first time.</summary>
[Collection(OneBrowser.Name)]
public partial class FirstMinuteTests(Browser browser)
{
    /// <summary>The middle of the sample's mark across, in percent: where the line comes to rest.</summary>
    private const double Middle = 33.5;

    [Fact]
    public async Task The_sample_goes_all_the_way_with_the_model_that_comes_along()
    {
        using PlaygroundServer server = await PlaygroundServer.StartAsync(hasKey: false, hasModel: true);
        await using Visit visit = await Visit.BeginAsync(browser, server);
        await Expect(visit.Page.GetByText("Change a part of a video by saying what belongs there.")).ToBeVisibleAsync();

        // The model says what it knows.
        await Expect(visit.Page.GetByText("This is the miniature", new() { Exact = false })).ToBeVisibleAsync();
        await visit.Button("a yellow square").ClickAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a yellow square");

        await visit.Button("Try the sample").ClickAsync();
        await Expect(visit.Prompt).ToHaveValueAsync("a green disc");
        await Expect(visit.Button("Inpaint")).ToBeFocusedAsync();
        await visit.AskForLittleAsync();
        await visit.SendAsync();

        // It plays by itself, and the line goes once over what was made.
        await visit.AwaitResultAsync();
        await Expect(visit.Button("Pause")).ToBeVisibleAsync();
        await visit.Page.WaitForFunctionAsync("([line, middle]) => Math.abs(line.value - middle) < 1.5",
            new object[] { (await visit.Line.ElementHandleAsync())!, Middle });
        await Expect(visit.Page).ToHaveTitleAsync("Done · Ltx");

        // From now on it is known how quick this machine is, and a source that is too long for the model is not proposed whole.
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "New", Exact = true }).ClickAsync();
        await visit.Button("Try the sample").ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Num frames", Exact = true,
            IncludeHidden = true })).ToHaveValueAsync("25");
        await Expect(visit.Page.GetByText(Estimate())).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task The_button_says_what_comes_next_and_a_complaint_goes_with_its_cause()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await visit.AssertAccessibleAsync("first");
        ILocator complaint = visit.Page.GetByText("Something is missing.");
        await visit.Button("Next: choose a video").ClickAsync();
        await Expect(complaint).ToBeVisibleAsync();
        await visit.ChooseAsync(browser.Film("02"));
        await Expect(complaint).ToBeHiddenAsync();

        await visit.Button("Next: mark what should change").ClickAsync();
        await Expect(complaint).ToBeVisibleAsync();
        await visit.DragAsync((100, 60), (180, 140));
        await Expect(complaint).ToBeHiddenAsync();
        await Expect(visit.Button("Next: say what belongs there")).ToBeVisibleAsync();
        await visit.Prompt.FillAsync("a green disc");
        await Expect(visit.Button("Inpaint")).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [GeneratedRegex("^It takes (a few seconds|about .*) on this machine\\.")]
    private static partial Regex Estimate();
}
