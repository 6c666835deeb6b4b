using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Ltx.Playground.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>The API's reference at /docs.</summary>
[Collection(OneBrowser.Name)]
public class DocumentTests(Browser browser)
{
    // In Scalar's own markup, which is not ours to mend; src/Ltx.Server/README.md lists them.
    private static readonly string[] ScalarsOwn = ["aria-required-attr", "color-contrast", "html-has-lang"];

    // Nothing more has been loaded for a second. Asked for, not listened to: the event that tells of it can come before anyone listens.
    private const string Quiet =
        """
        () => {
          const seen = (window.seen ??= { count: -1, since: 0 });
          const count = performance.getEntriesByType("resource").length;
          if (count !== seen.count) Object.assign(seen, { count, since: performance.now() });
          return document.readyState === "complete" && performance.now() - seen.since > 1000;
        }
        """;

    [Fact]
    public async Task The_reference_lists_the_operations_and_asks_nobody_else()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        IPage page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "API", Exact = true }).ClickAsync();
        foreach (string path in new[] { "/fal-ai/ltx-2.3-quality/inpaint/lora", "/ui/api/masks", "/requests" })
        {
            await Expect(page.GetByText(path).First).ToBeAttachedAsync();
        }
        await page.WaitForFunctionAsync(Quiet, null, new() { PollingInterval = 100 });

        AxeResult found = await page.RunAxe();
        foreach (AxeResultItem finding in found.Violations) TestContext.Current.TestOutputHelper?.WriteLine($"{finding.Impact} {finding.Id}: {finding.Help} ({finding.Nodes.Length})");
        Assert.Empty(found.Violations.Where(finding => finding.Impact is "serious" or "critical").Select(finding => finding.Id).Except(ScalarsOwn));
        visit.AssertNothingWrong();
    }
}
