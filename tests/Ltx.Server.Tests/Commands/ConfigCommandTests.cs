using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx config`, and the page of settings that is made of the same.</summary>
public sealed class ConfigCommandTests
{
    // Set, it writes the page anew instead of comparing.
    private const string RecordVariable = "LTX_RECORD_SETTINGS";

    [Fact]
    public async Task The_sample_is_a_file_that_changes_nothing()
    {
        using TestFolder folder = new();
        string sample = folder.Text("ltx.json", (await LtxInProcess.RunAsync(["config", "sample"])).Succeeded().Output);

        Assert.Equal("{}\n", (await LtxInProcess.RunAsync(["config", "show", "--changed", "--config", sample])).Succeeded().Output);
        string[] lines = File.ReadAllLines(sample);
        Assert.Contains("    \"Workers\": 1,", lines);
        Assert.Contains("    // \"PublicUrl\": null,", lines);
        Assert.Contains("  \"Fetch\": {", lines);
        Assert.Contains("    \"Device\": \"\",", lines);
    }

    [Fact]
    public void Every_setting_says_what_it_is()
    {
        IReadOnlyList<SettingsCatalog.Section> sections = SettingsCatalog.Of(new LtxOptions(), new FetchOptions());

        Assert.Equal(typeof(LtxOptions).GetProperties().Length + 1, sections.Count);
        Assert.Empty(sections.Where(section => section.Summary.Length == 0).Select(section => section.Name));
        Assert.Empty(sections.SelectMany(section => section.Settings.Where(setting => setting.Summary.Length == 0)
            .Select(setting => $"{section.Name}:{setting.Name}")));
    }

    [Fact]
    public async Task Shown_is_what_is_in_force_without_its_secrets()
    {
        using TestFolder folder = new();
        string config = folder.Text("ltx.json", """
            {
              "Queue": { "DrainSeconds": 7 },
              "Tls": { "Password": "hush" },
              "Fetch": { "HostTokens": [ { "Origin": "https://example.com", "Token": "hush" } ] }
            }
            """);

        LtxRun run = (await LtxInProcess.RunAsync(["config", "show", "--changed", "--config", config, "--set", "Server:Model=mine"])).Succeeded();

        using JsonDocument shown = JsonDocument.Parse(run.Output);
        Assert.Equal(["Server", "Queue", "Tls", "Fetch"], shown.RootElement.EnumerateObject().Select(section => section.Name));
        Assert.Equal(7, shown.RootElement.GetProperty("Queue").GetProperty("DrainSeconds").GetDouble());
        Assert.Equal("mine", shown.RootElement.GetProperty("Server").GetProperty("Model").GetString());
        Assert.DoesNotContain("hush", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_is_found_without_starting_anything()
    {
        Assert.Matches(@"^A server can start with this: model .+miniature, ", (await LtxInProcess.RunAsync(["config", "check"])).Succeeded().Output);
        LtxRun wrong = await LtxInProcess.RunAsync(["config", "check", "--set", "Queue:Workers=0", "--set", "Quue:A=1"]);
        Assert.Equal(BadInput.Users, wrong.ExitCode);
        Assert.Equal(3, wrong.Complaints.Length);
        LtxRun absent = await LtxInProcess.RunAsync(["config", "check", "--set", "Server:Model=ltx-2.3-fp8"]);
        Assert.Equal(["ltx: The model \"ltx-2.3-fp8\" is not here yet: `ltx models pull ltx-2.3-fp8` gets it."], absent.Complaints);
    }

    [Fact]
    public async Task The_page_of_settings_is_what_the_code_says()
    {
        string file = Path.Combine(Repository.Root, "docs", "settings.md"), page = (await LtxInProcess.RunAsync(["config", "sample", "--markdown"]))
            .Succeeded().Output;
        if (Environment.GetEnvironmentVariable(RecordVariable) is { Length: > 0 }) File.WriteAllText(file, page);
        Assert.Equal(page, File.ReadAllText(file));
    }
}
