using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ltx.Playground.Tests.Support;
using Ltx.Server.Tests.Commands;
using Ltx.Training;
using Ltx.Training.Data;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ltx.Playground.Tests;

/// <summary>The Train tab, before a trainer that only counts.</summary>
[Collection(OneBrowser.Name)]
public partial class TrainTests(Browser browser)
{
    private const int Drawn = 240;

    /// <summary>Steps after which a training that the trigger phrase holds stands still.</summary>
    private const string Held = "at step 23 of 100";

    [Fact]
    public async Task A_pair_becomes_a_LoRA_that_a_request_uses()
    {
        using TestFolder folder = new();
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await OpenAsync(visit);
        await visit.AssertAccessibleAsync("no data set");
        await visit.Button("Train").ClickAsync();
        await Expect(DataSet(visit).GetByRole(AriaRole.Alert)).ToContainTextAsync("Choose the data set first.");

        // What belongs together, and what is left over.
        string clip = Named(folder, "disc.mp4"), mask = TestMedia.StillMask(folder, 384, 256);
        string[] files =
        [
            clip, Moved(mask, folder.Named("disc_mask.png")), folder.Text("disc.txt", "an orange disc"),
            Named(folder, "stray.mp4"), folder.Text("notes.md", "x"),
        ];
        await ChooseAsync(visit, "Choose files", files);
        ILocator clips = visit.Page.GetByRole(AriaRole.List, new() { Name = "Clips" }).GetByRole(AriaRole.Listitem);
        await Expect(clips).ToHaveTextAsync(["discclip disc.mp4mask disc_mask.pngcaption disc.txt"]);
        await Expect(NotUsed(visit)).ToHaveTextAsync([
            "notes.mdThe file is neither a video nor a picture nor a caption, by its ending.",
            "strayThe clip has no mask: a picture or video \"stray_mask\" beside it."]);
        await visit.AssertAccessibleAsync("data set");

        // A clip that shows what was learned, and the training.
        await visit.SetAsync("Number of steps", 100);
        await visit.SetAsync("Trigger phrase", "dsc");
        await visit.Page.GetByText("More", new() { Exact = true }).ClickAsync();
        await visit.Button("Add a clip").ClickAsync();
        await visit.Prompt.FillAsync("dsc an orange disc");
        await ChooseAsync(visit, "Upload a file: Video url", clip);
        await ChooseAsync(visit, "Upload a file: Mask url", files[1]);
        await Expect(visit.Page.GetByText("disc_mask.png is on the server.")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("disc.mp4 is on the server.")).ToBeVisibleAsync();
        string id = await TrainAsync(visit);
        await Expect(visit.State).ToContainTextAsync("The LoRA is here");
        await Expect(visit.Page.GetByRole(AriaRole.Figure)).ToContainTextAsync("at step 100 of 100");
        ILocator film = visit.State.Locator("video");
        await visit.Page.WaitForFunctionAsync("(film) => film.readyState >= 1 && film.videoWidth === 384", await film.ElementHandleAsync());
        await visit.AssertAccessibleAsync("trained");

        // What was sent is what the server's own reader makes one clip of.
        JsonElement entry = await visit.Server.GetAsync($"/requests/{id}");
        Assert.Equal("fal-ai/ltx23-trainer-v2/inpaint", entry.GetProperty("endpoint_id").GetString());
        string url = entry.GetProperty("input").GetProperty("training_data_url").GetString()!;
        string zip = folder.Bytes("sent.zip", await visit.Server.FileAsync(url));
        DataSetArchive.Extract(zip, folder.Named("sent"));
        DataSet sent = DataSetReader.Read(folder.Named("sent"), TrainingKind.Inpaint, "dsc");
        Assert.Equal(("disc", "dsc an orange disc", 0), (sent.Clips.Single().Name, sent.Clips[0].Caption, sent.Refused.Count));
        Assert.Equal(File.ReadAllBytes(clip), File.ReadAllBytes(sent.Clips[0].Target));

        // Its files, and the way into a request.
        string lora = entry.GetProperty("output").GetProperty("lora_file").GetProperty("url").GetString()!;
        foreach (string file in new[] { "LoRA (32 B)", "Config" })
        {
            ILocator link = visit.State.GetByRole(AriaRole.Link, new() { Name = file });
            Assert.NotEmpty(await visit.Server.FileAsync(new Uri(visit.Url, await link.GetAttributeAsync("href")).ToString()));
        }
        await visit.Button("Use in a request").ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("#/$"));
        await Expect(visit.Page.GetByRole(AriaRole.Group, new() { Name = "LoRAs" }).GetByRole(AriaRole.Textbox).First).ToHaveValueAsync(lora);

        // It is in the list, and leads back.
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = OfInpaint() }).First.ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Training of inpaint: dsc" })).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    [Fact]
    public async Task A_training_and_its_data_set_survive_a_reload_and_what_is_refused_is_said()
    {
        using TestFolder folder = new();
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        await OpenAsync(visit);

        // A zip is looked into before it is sent.
        string zip = Zip(folder, "set.zip", "clips/a.mp4", "clips/a_mask.png", "clips/b.mp4");
        ILocator alert = DataSet(visit).GetByRole(AriaRole.Alert);
        await DropAsync(visit, folder.Bytes("torn.zip", File.ReadAllBytes(zip).AsSpan(0, 100)));
        await Expect(alert).ToContainTextAsync("torn.zip: the archive is no zip file, or one that is damaged or cut off.");
        await DropAsync(visit, Zip(folder, "bare.zip", "clips/b.mp4"));
        await visit.Button("Train").ClickAsync();
        await Expect(alert).ToContainTextAsync("No clip of the data set can be used; for \"clips/b\", the clip has no mask");
        await DropAsync(visit, zip);
        await Expect(NotUsed(visit)).ToHaveTextAsync(["clips/bThe clip has no mask: a picture or video \"b_mask\" beside it."]);

        // A reload asks for what was not yet sent; the rest is as it was.
        await visit.SetAsync("Trigger phrase", "[hold=1]");
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByText("Choose set.zip again: not yet sent, and a page cannot open files by itself.")).ToBeVisibleAsync();
        await ChooseAsync(visit, "Choose files", zip);

        // Numbers are the server's to judge.
        await visit.SetAsync("Number of steps", 5);
        visit.Watch.Provoke("/ltx23-trainer-v2/inpaint", "422");
        await visit.Button("Train").ClickAsync();
        ILocator steps = visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Number of steps", Exact = true });
        await Expect(steps).ToBeFocusedAsync();
        await Expect(steps).ToHaveAccessibleDescriptionAsync(new Regex("Input should be greater than or equal to 100"));
        await Expect(DataSet(visit)).ToContainTextAsync("on the server");
        await steps.FillAsync("100");

        // It stands still in the middle, before a reload and after it.
        string id = await TrainAsync(visit);
        ILocator curve = visit.Page.GetByRole(AriaRole.Figure);
        await Expect(curve).ToContainTextAsync(Held);
        await Expect(curve.GetByRole(AriaRole.Img, new() { Name = "Loss by step" })).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync("training");
        await visit.Page.ReloadAsync();
        await Expect(curve).ToContainTextAsync(Held);
        await Expect(visit.State).ToContainTextAsync("Training: 23 of 100");
        await Expect(visit.Page.GetByRole(AriaRole.List, new() { Name = "Log" })).ToContainTextAsync("Begins.");
        visit.Watch.Provoke($"/requests/{id}", "499");
        await visit.Button("Cancel").ClickAsync();
        await Expect(visit.Page.GetByText("Cancelled", new() { Exact = true })).ToBeVisibleAsync();

        // The next one needs no sending, and what the server finds in the data set is said in its words.
        await visit.Button("Change and train again").ClickAsync();
        await Expect(DataSet(visit)).ToContainTextAsync("on the server");
        await visit.SetAsync("Trigger phrase", "[data]");
        string refused = await TrainAsync(visit);
        visit.Watch.Provoke($"/requests/{refused}", "422");
        const string Why = "No clip of the data set can be used: \"a.mp4\": The clip has no mask. \"b.mp4\": It has 5 frames, and 89 are needed.";
        await Expect(visit.State).ToContainTextAsync(Why);
        await Expect(NotUsed(visit)).ToHaveTextAsync(["a.mp4The clip has no mask.", "b.mp4It has 5 frames, and 89 are needed."]);
        await visit.AssertAccessibleAsync("refused");
        await visit.Button("Change and train again").ClickAsync();
        await Expect(alert).ToContainTextAsync("It has 5 frames, and 89 are needed.");
        await visit.Page.GetByLabel("Kind").SelectOptionAsync("outpaint");
        await Expect(visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Crop bottom right, row" })).ToBeVisibleAsync();
        visit.AssertNothingWrong();
    }

    /// <summary>Names drawn at random, for every kind: clips, what is not used and every sentence are the server's.</summary>
    [Fact]
    public async Task Names_mean_on_the_page_what_they_mean_on_the_server()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        Random random = new(20260703);
        string[] stems =
        [
            "a", "A", "a_mask", "a_start", "a_end", "a_ref", "b", "b_Mask", "b_start", "b_end", "c/a", "c/a_mask", "_mask", "gas_mask",
            ".a", "__MACOSX/a", "d.e",
        ];
        string[] endings = [".mp4", ".MOV", ".png", ".txt", ".md", ""];
        var sets = Enumerable.Range(0, Drawn).Select(i => new
        {
            kind = TrainingKinds.All.ElementAt(i % TrainingKinds.All.Count),
            trigger = i % 4 == 0 ? " dsc " : "",
            files = Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.GetItems(stems, 1)[0] + random.GetItems(endings, 1)[0]).Distinct()
                .Select(name => new { name, size = random.Next(2) }).ToArray(),
        }).ToArray();
        JsonElement got = await visit.Page.EvaluateAsync<JsonElement>(
            """
            async (sets) => {
              const { judge } = await import("/ui/train/layout.js");
              return JSON.parse(sets).map(({ files, kind, trigger }) => {
                const { clips, refused, problem } = judge(files, kind, trigger);
                const part = (clip, name) => clip.parts[name]?.name ?? "";
                return [
                  ...clips.map((clip) => [clip.name, part(clip, "target"), part(clip, "mask"), part(clip, "reference"), clip.note ?? ""].join("|")),
                  ...refused.map(({ name, reason }) => `"${name}": ${reason}`), problem ?? "",
                ];
              });
            }
            """,
            JsonSerializer.Serialize(sets));
        int used = 0;
        for (int i = 0; i < Drawn; i++)
        {
            using TestFolder folder = new();
            foreach (var file in sets[i].files)
            {
                folder.Folder(Path.GetDirectoryName(file.name)!);
                folder.Text(file.name, new string('x', file.size));
            }
            string[] expected = Judged(folder.Path, TrainingKinds.Find(sets[i].kind)!.Value, sets[i].trigger);
            string[] actual = [.. got[i].EnumerateArray().Select(line => line.GetString()!)];
            if (expected[^1].StartsWith("The data set mixes", StringComparison.Ordinal)) actual = [actual[^1]]; // the server says nothing else then
            string both = $"server: {string.Join('\n', expected)}\npage: {string.Join('\n', actual)}";
            Assert.True(expected.SequenceEqual(actual), $"{JsonSerializer.Serialize(sets[i])}\n{both}");
            if (expected[^1].Length == 0) used++;
        }
        Assert.InRange(used, Drawn / 10, Drawn * 9 / 10);
        visit.AssertNothingWrong();
    }

    /// <summary>In the usual form and in the one for what is larger than 4 GiB.</summary>
    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(1)]
    public async Task A_zip_of_the_page_is_a_zip(long large)
    {
        using TestFolder folder = new();
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        string[] told = await visit.Page.EvaluateAsync<string[]>(
            """
            async (large) => {
              const { zipParts, zipListing } = await import("/ui/train/zip.js");
              const files = [["a/ä.txt", "123456789"], ["b.mp4", "x".repeat(100000)], ["c.txt", ""]];
              const entries = files.map(([name, text]) => ({ name, file: new Blob([text]) }));
              const zip = new Blob(await zipParts(entries, { large }));
              const bytes = new Uint8Array(await zip.arrayBuffer());
              return [btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")), JSON.stringify(await zipListing(zip))];
            }
            """,
            large);
        Assert.Equal("""[{"name":"a/ä.txt","size":9},{"name":"b.mp4","size":100000},{"name":"c.txt","size":0}]""", told[1]);
        string file = folder.Bytes("page.zip", Convert.FromBase64String(told[0]));
        using (ZipArchive zip = ZipFile.OpenRead(file))
        {
            // The check value that every table of CRC-32 names.
            Assert.Equal([0xCBF43926, 0u], [zip.Entries[0].Crc32, zip.Entries[2].Crc32]);
        }
        DataSetArchive.Extract(file, folder.Named("out"));
        Assert.Equal(("123456789", 100_000L), (File.ReadAllText(folder.Named("out/a/ä.txt")), new FileInfo(folder.Named("out/b.mp4")).Length));
        visit.AssertNothingWrong();
    }

    /// <summary>Lines of the log, behind them single steps; steps that a crash had made anew are there once.</summary>
    [Fact]
    public async Task A_curve_is_made_of_the_logs_lines_and_of_the_steps_behind_them()
    {
        await using Visit visit = await Visit.BeginAsync(browser, await browser.OpenServerAsync());
        string told = await visit.Page.EvaluateAsync<string>(
            """
            async () => {
              const { LossCurve, Losses } = await import("/ui/train/losses.js");
              const [losses, curve] = [new Losses(), new LossCurve()];
              document.querySelector("main").append(curve.element);
              const line = (step, loss) => losses.addLine(`training ${step}/2000, loss ${loss} over 10 steps, 1.20 s each, 40 min left`);
              for (const [step, loss] of [[10, "0.5000"], [25, "0.9000"], [20, "0.2500"], [30, "0.3000"]]) line(step, loss);
              const resumed = losses.points.map(({ step }) => step);
              losses.addLine("preparation 30/2000, 1.20 s each");
              losses.addLine("Goes on from step 20 of 2000.");
              for (const step of [21, 22, 22]) losses.addStep({ stage: "training", step, steps: 2000, loss: 8 / step });
              losses.addStep({ stage: "previews", step: 1, steps: 2 });
              const between = losses.points.map(({ step }) => step);
              line(30, "0.1250");
              losses.addStep({ stage: "training", step: 31, steps: 2000, loss: 0.75 });
              curve.show(losses);
              await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
              const heights = curve.line.getAttribute("points").split(" ").map((point) => Number(point.split(",")[1]));
              const isDrawn = heights[3] < heights[0] && heights[0] < heights[1] && heights[1] < heights[2];
              const points = losses.points.map(({ step, loss }) => `${step}:${loss}`);
              return [resumed, between, points, isDrawn, curve.caption.textContent].join(" | ");
            }
            """);
        const string Points = "10,20,30 | 10,20,21,22 | 10:0.5,20:0.25,30:0.125,31:0.75";
        Assert.Equal($"{Points} | true | Loss 0.750 at step 31 of 2,000; the lowest was 0.125 at step 30.", told);
        visit.AssertNothingWrong();
    }

    private static string[] Judged(string folder, TrainingKind kind, string trigger)
    {
        try
        {
            DataSet set = DataSetReader.Read(folder, kind, trigger);
            string Name(string? path) => path is null ? "" : Path.GetRelativePath(folder, path);
            return [
                .. set.Clips.Select(clip =>
                    string.Join('|', clip.Name, Name(clip.Target), Name(clip.Mask), Name(clip.Reference), string.Join(' ', clip.Notes))),
                .. set.Refused.Select(refusal => refusal.ToString()), ""];
        }
        catch (DataSetException e)
        {
            return [.. e.Refused.Select(refusal => refusal.ToString()), e.Message];
        }
    }

    private static ILocator DataSet(Visit visit) => visit.Page.GetByRole(AriaRole.Region, new() { Name = "Data set" });

    private static ILocator NotUsed(Visit visit) => visit.Page.GetByRole(AriaRole.List, new() { Name = "Not used" }).GetByRole(AriaRole.Listitem);

    private static async Task OpenAsync(Visit visit)
    {
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Train", Exact = true }).ClickAsync();
        await Expect(visit.Button("Train")).ToBeVisibleAsync();
    }

    private static async Task ChooseAsync(Visit visit, string button, params string[] files)
    {
        IFileChooser dialog = await visit.Page.RunAndWaitForFileChooserAsync(() => visit.Button(button).ClickAsync());
        await dialog.SetFilesAsync(files);
    }

    private static async Task DropAsync(Visit visit, string file)
    {
        IJSHandle data = await visit.Page.EvaluateHandleAsync(
            """
            ([name, content]) => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
              return data;
            }
            """,
            new[] { Path.GetFileName(file), Convert.ToBase64String(File.ReadAllBytes(file)) });
        await DataSet(visit).DispatchEventAsync("drop", new { dataTransfer = data });
    }

    /// <summary>Sends it; returns the training's id once the page shows it.</summary>
    private static async Task<string> TrainAsync(Visit visit)
    {
        await visit.Button("Train").ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(TrainingAddress());
        return TrainingAddress().Match(await visit.Page.EvaluateAsync<string>("location.href")).Groups[1].Value;
    }

    private string Named(TestFolder folder, string name)
    {
        File.Copy(browser.Film("02"), folder.Named(name));
        return folder.Named(name);
    }

    private static string Moved(string from, string to)
    {
        File.Move(from, to);
        return to;
    }

    private static string Zip(TestFolder folder, string name, params string[] entries)
    {
        using ZipArchive zip = ZipFile.Open(folder.Named(name), ZipArchiveMode.Create);
        foreach (string entry in entries)
        {
            using StreamWriter content = new(zip.CreateEntry(entry).Open());
            content.Write(entry);
        }
        return folder.Named(name);
    }

    [GeneratedRegex("#/train/([0-9a-f-]{36})")]
    private static partial Regex TrainingAddress();

    [GeneratedRegex("Training of inpaint: dsc")]
    private static partial Regex OfInpaint();
}
