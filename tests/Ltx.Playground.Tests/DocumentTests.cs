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
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        // Scalar's own markup is not ours to mend: what is found is listed, not hidden, and nothing beyond it is accepted.
        AxeResult found = await page.RunAxe();
        foreach (AxeResultItem finding in found.Violations) TestContext.Current.TestOutputHelper?.WriteLine($"{finding.Impact} {finding.Id}: {finding.Help} ({finding.Nodes.Length})");
        visit.AssertNothingWrong();
    }
}
