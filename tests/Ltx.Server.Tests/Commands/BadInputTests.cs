using System.Text.RegularExpressions;

namespace Ltx.Server.Tests.Commands;

/// <summary>Whatever goes wrong: one sentence, the exit code that says whose fault it is, and no file.</summary>
public sealed partial class BadInputTests(GoodFiles good) : IClassFixture<GoodFiles>
{
    private static readonly Dictionary<string, BadInput> Rows =
        new[] { BadMedia.All, BadOptions.All, BadLoras.All, BadModels.All, BadMachines.All }.SelectMany(rows => rows).ToDictionary(row => row.Name);

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_sentence_an_exit_code_and_no_file(string name)
    {
        BadInput row = Rows[name];
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder);
        row.Arrange(call);
        string[] before = TestFolder.Names(folder.Path);

        LtxRun run = await (row.IsOfTheModel ? call.LoadAsync() : call.RunAsync());

        string sentence = Assert.Single(run.Complaints);
        Assert.StartsWith("ltx: ", sentence, StringComparison.Ordinal);
        Assert.Contains(row.Says, sentence, StringComparison.Ordinal);
        Assert.Matches(OneSentence(), sentence);
        Assert.Equal(row.ExitCode, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal(before, TestFolder.Names(folder.Path));
    }

    [Fact]
    public async Task A_failure_leaves_an_older_result_as_it_was()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).With("--yes", "--lora", folder.Text("lora.safetensors", "none"));
        File.WriteAllText(call.Output, "older");

        LtxRun run = await call.RunAsync();

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Equal("older", File.ReadAllText(call.Output));
        Assert.Equal([call.Output], TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }

    [Fact]
    public async Task An_older_result_is_not_written_over_unasked()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched();
        File.WriteAllText(call.Output, "older");

        LtxRun run = await call.RunAsync();

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Equal([$"ltx: --out: {call.Output} is there already; add --yes to write over it."], run.Complaints);
        Assert.Equal("older", File.ReadAllText(call.Output));
    }

    [Fact]
    public async Task The_call_that_every_row_changes_goes_well()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched();

        // As a process, where what libraries write to standard error is a complaint too: OutputTests.
        LtxRun run = (await call.RunAsync()).Succeeded();

        Assert.Empty(run.Complaints);
        Assert.Equal([call.Output], TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }

    // No second sentence behind the first, no stack, nothing but the sentence's own end.
    [GeneratedRegex(@"^ltx: (?!.*\. [A-Z])(?!.*Exception)(?!.*\.c(s|pp):).+\.$")]
    private static partial Regex OneSentence();
}
