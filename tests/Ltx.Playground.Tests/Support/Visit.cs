using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Ltx.Server.Tests.Commands;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests.Support;

/// <summary>A person with a browser window in front of the page. What a person sees is what is looked for: roles, labels and words.</summary>
internal sealed partial class Visit : IAsyncDisposable
{
    /// <summary>All drawings that the browser keeps.</summary>
    private const string Drafts =
        """
        await new Promise((resolve, reject) => {
          const opening = indexedDB.open("ltx-playground");
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const all = opening.result.transaction("drafts").objectStore("drafts").getAll();
            all.onsuccess = () => resolve(all.result);
            all.onerror = () => reject(all.error);
          };
        })
        """;

    private readonly IBrowserContext context;

    private Visit(IBrowserContext context, IPage page, Watch watch, PlaygroundServer server, Uri url)
    {
        (this.context, Page, Watch, Server, Url) = (context, page, watch, server, url);
        // From here on the browser hands its file dialogs over; told only when one is expected, it may be told too late.
        page.FileChooser += (_, _) => { };
    }

    public IPage Page { get; }

    public Watch Watch { get; }

    public PlaygroundServer Server { get; }

    /// <summary>The page's address as the browser has it.</summary>
    public Uri Url { get; }

    public ILocator Surface => Page.GetByRole(AriaRole.Group, new() { NameRegex = DrawingArea() });

    public ILocator Prompt => Page.GetByRole(AriaRole.Textbox, new() { Name = "Prompt", Exact = true });

    public ILocator Send => Button("Inpaint");

    public ILocator Marks => Page.GetByRole(AriaRole.List, new() { Name = "Marks, the upper one last" });

    /// <summary>The bar of a request that waits or runs.</summary>
    public ILocator Progress => Page.GetByRole(AriaRole.Progressbar, new() { Name = "Progress of the request" });

    /// <summary>Where a request stands, in words.</summary>
    public ILocator State => Page.GetByRole(AriaRole.Region, new() { Name = "State" });

    /// <summary>What stands beside a name under the result.</summary>
    public ILocator Fact(string name) => State.Locator("dt", new() { HasText = name }).Locator("xpath=following-sibling::dd[1]");

    public ILocator Line => Page.GetByRole(AriaRole.Slider, new() { Name = "Line between source and result" });

    /// <summary>Opens the page in a window of its own, with nothing kept from before.</summary>
    /// <param name="host">the name in the address; null: the server's own</param>
    /// <param name="before">what is done before the page is there</param>
    public static async Task<Visit> BeginAsync(Browser browser, PlaygroundServer server, string? host = null, BrowserNewContextOptions? options = null, Func<IBrowserContext, Task>? before = null)
    {
        Uri url = host is null ? server.Url : new UriBuilder(server.Url) { Host = host }.Uri;
        IBrowserContext context = await browser.Chromium.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(Browser.Patience);
        SetDefaultExpectTimeout(Browser.Patience);
        if (before is not null) await before(context);
        Watch watch = new(context, url);
        Visit visit = new(context, await context.NewPageAsync(), watch, server, url);
        await visit.Page.GotoAsync(url.ToString());
        return visit;
    }

    /// <summary>The same person's second tab.</summary>
    public async Task<Visit> SecondTabAsync()
    {
        Visit second = new(context, await context.NewPageAsync(), Watch, Server, Url);
        await second.Page.GotoAsync(Url.ToString());
        return second;
    }

    /// <summary>Ends the visit: nothing may have gone wrong in it.</summary>
    public void AssertNothingWrong() => Watch.AssertNothingWrong();

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static string Scene(string name) => Path.Combine(Repository.Scenes, name, "source.mp4");

    /// <summary>Drags a file from the desktop over the page and lets it go.</summary>
    public async Task DropAsync(string file)
    {
        IJSHandle data = await Page.EvaluateHandleAsync(
            """
            ([name, content]) => {
              const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
              const data = new DataTransfer();
              data.items.add(new File([bytes], name, { type: "video/mp4" }));
              return data;
            }
            """,
            new[] { Path.GetFileName(file), Convert.ToBase64String(await File.ReadAllBytesAsync(file)) });
        ILocator place = Page.GetByRole(AriaRole.Region, new() { Name = "Source and mask" });
        await place.DispatchEventAsync("dragover", new { dataTransfer = data });
        await place.DispatchEventAsync("drop", new { dataTransfer = data });
        await Expect(Surface).ToBeVisibleAsync();
    }

    /// <summary>Chooses a file as the button's dialog does, and waits until it is open.</summary>
    public async Task ChooseAsync(string file)
    {
        IFileChooser dialog = await Page.RunAndWaitForFileChooserAsync(() => Button("Choose a video").ClickAsync());
        await dialog.SetFilesAsync(file);
        await Expect(Surface).ToBeVisibleAsync();
    }

    /// <summary>Where a pixel of the source, 384x256 unless said otherwise, is on the screen.</summary>
    public async Task<(float X, float Y)> PointAsync(double x, double y, int width = 384, int height = 256)
    {
        await Surface.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await Surface.Locator("svg").First.BoundingBoxAsync())!;
        return ((float)(box.X + x * box.Width / width), (float)(box.Y + y * box.Height / height));
    }

    /// <summary>Presses, moves in steps, lets go. Points of the source.</summary>
    public async Task DragAsync(params (double X, double Y)[] way)
    {
        (float x, float y) = await PointAsync(way[0].X, way[0].Y);
        await Page.Mouse.MoveAsync(x, y);
        await Page.Mouse.DownAsync();
        foreach ((double toX, double toY) in way[1..])
        {
            (x, y) = await PointAsync(toX, toY);
            await Page.Mouse.MoveAsync(x, y, new() { Steps = 5 });
        }
        await Page.Mouse.UpAsync();
    }

    /// <summary>A number of the form; the fields under "More" are unfolded.</summary>
    public async Task SetAsync(string label, object value)
    {
        ILocator field = Page.GetByRole(AriaRole.Textbox, new() { Name = label, Exact = true });
        if (!await field.IsVisibleAsync()) await Page.GetByText("More", new() { Exact = true }).ClickAsync();
        await field.FillAsync(Convert.ToString(value, CultureInfo.InvariantCulture)!);
    }

    /// <summary>As little work as the endpoint allows: 9 frames, 8 steps.</summary>
    public async Task AskForLittleAsync()
    {
        await SetAsync("Num frames", 9);
        await SetAsync("Num inference steps", 8);
        await Expect(Page.GetByText("frame 1 of 9", new() { Exact = true })).ToBeVisibleAsync();
    }

    /// <summary>A source, a rectangle, a prompt, and little work.</summary>
    public async Task MarkAsync(string file)
    {
        await ChooseAsync(file);
        await AskForLittleAsync();
        await Button("Rectangle").ClickAsync();
        await DragAsync((100, 60), (180, 140));
        await Prompt.FillAsync("a green disc");
    }

    /// <summary>A rectangle by mouse at the first frame, moved by mouse at the last.</summary>
    public async Task DrawMovingRectangleAsync()
    {
        await Button("Rectangle").ClickAsync();
        await DragAsync((100, 60), (180, 140));
        await Surface.PressAsync("End");
        await Expect(Page.GetByText("frame 9 of 9", new() { Exact = true })).ToBeVisibleAsync();
        await Button("Select and move").ClickAsync();
        await DragAsync((140, 100), (200, 140));
        await Expect(Marks).ToContainTextAsync("2 keys");
    }

    /// <summary>Sends the request; returns its id once the page shows it.</summary>
    /// <param name="patience">milliseconds that all the sending may take</param>
    public async Task<string> SendAsync(float patience = Browser.Patience)
    {
        await Send.ClickAsync();
        return await RequestIdAsync(patience);
    }

    /// <summary>The id in the address, once there is one. The browser is asked for its address: an event that tells of another can come before it is listened to.</summary>
    /// <param name="patience">milliseconds</param>
    public async Task<string> RequestIdAsync(float patience = Browser.Patience)
    {
        await Expect(Page).ToHaveURLAsync(RequestAddress(), new() { Timeout = patience });
        return RequestAddress().Match(await Page.EvaluateAsync<string>("location.href")).Groups[1].Value;
    }

    public async Task AwaitResultAsync() => await Expect(Line).ToBeVisibleAsync();

    /// <summary>The drawing that this browser keeps with a request: { marks, ... } as the page stores it.</summary>
    public async Task<JsonElement> DraftAsync(string requestId) =>
        (await Page.EvaluateAsync<JsonElement>($"async (id) => ({Drafts}).find((draft) => draft.requestId === id)", requestId)).Clone();

    /// <summary>Waits until this browser keeps a drawing with that prompt: it does so once the hand rests.</summary>
    /// <remarks>Not WaitForFunctionAsync: it takes an asynchronous function's promise for true.</remarks>
    public async Task AwaitDraftAsync(string prompt)
    {
        while (!await Page.EvaluateAsync<bool>($"async (prompt) => ({Drafts}).some((draft) => draft.form.prompt === prompt && draft.marks.shapes.length > 0)", prompt))
        {
            await Task.Delay(100);
        }
    }

    /// <summary>Whether the screen's mask is green at pixels of the source.</summary>
    public async Task AssertGreenAsync(params (int X, int Y, bool IsGreen)[] pixels) => await Page.WaitForFunctionAsync(
        "([canvas, pixels]) => pixels.every(([x, y, green]) => (canvas.getContext('2d').getImageData(x, y, 1, 1).data[3] > 0) === green)",
        new object[] { (await Surface.Locator("canvas").ElementHandleAsync())!, pixels.Select(p => new object[] { p.X, p.Y, p.IsGreen }).ToArray() });

    /// <summary>Waits until a paste gives this text: the word of an earlier copy may still stand while a later one is made. Works with and without the clipboard interface.</summary>
    public async Task AssertPastesAsync(string expected)
    {
        string pasted = await PastedAsync();
        for (Stopwatch watch = Stopwatch.StartNew(); pasted != expected && watch.Elapsed < TimeSpan.FromSeconds(30); pasted = await PastedAsync())
        {
            await Task.Delay(100);
        }
        Assert.Equal(expected, pasted);
    }

    private async Task<string> PastedAsync()
    {
        await Page.EvaluateAsync("() => { const field = document.createElement('textarea'); field.id = 'paste'; field.setAttribute('aria-label', 'paste'); document.body.append(field); field.focus(); }");
        await Page.Keyboard.PressAsync("Control+v");
        string text = await Page.EvaluateAsync<string>("() => { const field = document.getElementById('paste'); field.remove(); return field.value; }");
        return text.ReplaceLineEndings("\n").Trim();
    }

    /// <summary>No serious or critical finding, in light and in dark colours; and it fits on a screen of 390 pixels.</summary>
    public async Task AssertAccessibleAsync(string state)
    {
        foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            AxeResult found = await Page.RunAxe();
            string[] grave = [.. found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help} {string.Join(" | ", v.Nodes.Select(n => n.Html))}")];
            Assert.True(grave.Length == 0, $"{state}, {scheme}: {string.Join('\n', grave)}");
        }

        // Nothing hangs over the side of a telephone.
        PageViewportSizeResult size = Page.ViewportSize!;
        await Page.SetViewportSizeAsync(390, 844);
        int width = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await Page.SetViewportSizeAsync(size.Width, size.Height);
        Assert.True(width <= 390, $"{state}: {width} pixels wide on a screen of 390.");
    }

    [GeneratedRegex("^Drawing area")]
    private static partial Regex DrawingArea();

    [GeneratedRegex("#/requests/([0-9a-f-]{36})")]
    private static partial Regex RequestAddress();
}
