using System.Globalization;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>A mark follows its subject at a press. How well it does so on clips of every kind is judged in Node (track.test.mjs).</summary>
[Collection(OneBrowser.Name)]
public class TrackingTests(Browser browser)
{
    private const int Width = 384, Subject = 80, Speed = 10, Begin = 20;

    /// <summary>Ten pixels a frame to the right, and for three frames all of it behind a bar.</summary>
    private static readonly string[] Film =
    [
        "-f", "lavfi", "-i", "pal75bars=s=384x256:r=24:d=1.0416", "-f", "lavfi", "-i", $"testsrc=s={Subject}x{Subject}:r=24:d=2", "-f", "lavfi",
            "-i", "color=c=teal:s=110x256:r=24:d=2",
        "-filter_complex", $"[0][1]overlay=x='{Begin}+{Speed}*round(t*24)':y=90:eval=frame[a];[a][2]overlay=x=120:y=0:shortest=1", "-c:v", "libx264",
            "-crf", "12", "-pix_fmt", "yuv420p", "-frames:v", "25",
    ];

    [Theory]
    [InlineData(null)]
    [InlineData(Browser.PlainName)]
    public async Task A_mark_follows_its_subject_and_says_where_it_cannot_be_seen(string? host)
    {
        using TestFolder folder = new();
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync(), host);
        await visit.ChooseAsync(TestMedia.Make(folder, "film.mp4", Film));
        await Expect(visit.Page.GetByText("frame 1 of 25", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("Drag over what should change")).ToBeVisibleAsync();

        // At once: the rectangle is the tool until there is a mark. From the fourth frame on, so that it goes both ways.
        for (int i = 0; i < 3; i++) await visit.Surface.PressAsync(".");
        await Expect(visit.Page.GetByText("frame 4 of 25", new() { Exact = true })).ToBeVisibleAsync();
        int left = Begin + (3 * Speed);
        await visit.DragAsync((left, 90), (left + Subject, 90 + Subject));
        await Expect(visit.Page.GetByText("Drag over what should change")).ToBeHiddenAsync();
        await visit.Button("Follow the subject").ClickAsync();
        await Expect(visit.Page.GetByText("Followed to the last frame. Followed back to the first frame.")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("frame 4 of 25", new() { Exact = true })).ToBeVisibleAsync();

        List<int> unsure = [];
        for (int frame = 0; frame < 25; frame++)
        {
            await visit.Surface.PressAsync(frame == 0 ? "Home" : ".");
            await Expect(visit.Page.GetByText($"frame {frame + 1} of 25", new() { Exact = true })).ToBeVisibleAsync();
            ILocator outline = visit.Surface.Locator("rect.outline");
            double middle = await NumberAsync(outline, "x") + (await NumberAsync(outline, "width") / 2);
            bool isUnsure = (await outline.GetAttributeAsync("class"))!.Contains("unsure", StringComparison.Ordinal);
            if (isUnsure) unsure.Add(frame);
            Assert.Equal(Begin + (frame * Speed) + (Subject / 2.0), middle, isUnsure ? 0.06 * Width : 0.02 * Width);
        }

        // All of it is hidden from the tenth frame after its beginning to the thirteenth; half of it a few frames before and after.
        Assert.All(unsure, frame => Assert.InRange(frame, 5, 19));
        Assert.All(Enumerable.Range(10, 4), frame => Assert.Contains(frame, unsure));
        await visit.Surface.PressAsync("Home");
        for (int i = 0; i < 11; i++) await visit.Surface.PressAsync(".");
        await Expect(visit.Page.GetByText("The subject is hidden here", new() { Exact = false })).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync("followed");

        // One step back takes all of it away.
        await visit.Button("Undo").ClickAsync();
        await Expect(visit.Marks).Not.ToContainTextAsync("keyframes");
        visit.AssertNothingWrong();
    }

    private static async Task<double> NumberAsync(ILocator element, string attribute) => double.Parse((await element.GetAttributeAsync(attribute))!,
        CultureInfo.InvariantCulture);
}
