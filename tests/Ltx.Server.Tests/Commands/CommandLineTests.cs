using System.CommandLine;
using Ltx.Server.Commands;

namespace Ltx.Server.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", "serve", "requests", "inpaint", "demo", "doctor")]
    [InlineData("inpaint --help", "--video", "--mask", "--prompt", "--out", "--lora", "--video-strength", "--frames", "--fps", "--steps", "--guidance", "--negative", "--seed", "--no-audio", "--quality", "--write-mode", "--model", "--device", "--dtype")]
    [InlineData("demo --help", "--out", "--model", "--device")]
    public async Task Help_lists_on_standard_output(string arguments, params string[] names)
    {
        LtxRun run = await LtxInProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        foreach (string name in names) Assert.Matches($@"(?m)^  {name}\b", run.Output);
    }

    [Theory]
    [InlineData("", "see ltx --help.")]
    [InlineData("paint", "see ltx --help.")]
    [InlineData("inpaint", "see ltx inpaint --help.")]
    [InlineData("demo --colour red", "see ltx demo --help.")]
    [InlineData("requests show", "see ltx requests show --help.")]
    public async Task A_command_line_that_is_not_understood_is_one_sentence_that_says_where_to_look(string arguments, string where)
    {
        LtxRun run = await LtxInProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Empty(run.Output);
        string sentence = Assert.Single(run.Complaints);
        Assert.StartsWith("ltx: ", sentence, StringComparison.Ordinal);
        Assert.EndsWith(where, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models", "inspect", "@words")]
    [InlineData("inpaint", "--mask", "@words", "--prompt", "@words", "--out", "@words", "--video", "@words")]
    [InlineData("serve", "--set", "@words")]
    public async Task A_value_that_begins_with_an_at_sign_is_what_was_typed(params string[] arguments)
    {
        using TestFolder folder = new();
        string value = $"@{folder.Text("words", "--help")}";

        LtxRun run = await LtxInProcess.RunAsync(arguments.Select(argument => argument == "@words" ? value : argument));

        // As a file of further arguments it would have printed the help.
        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Contains($"@{folder.Path}", Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_is_given_again_has_its_last_value()
    {
        ParseResult parsed = CommandLine.Parse(["inpaint", "--video", "a", "--mask", "b", "--out", "c", "--seed", "1", "--prompt", "d", "--no-audio", "--no-audio", "--seed", "2", "--prompt", "@e f"]);

        Assert.Empty(parsed.Errors);
        Assert.Equal((2L, "@e f", true), (parsed.GetValue<long?>("--seed"), parsed.GetValue<string>("--prompt"), parsed.GetValue<bool>("--no-audio")));
        // A value too many is none of the option's.
        Assert.NotEmpty(CommandLine.Parse(["inpaint", "--video", "a", "--mask", "b", "--out", "c", "--prompt", "d", "e"]).Errors);
    }

    [Fact]
    public async Task The_demo_refuses_a_file_where_its_folder_should_be()
    {
        using TestFolder folder = new();

        LtxRun run = await LtxInProcess.RunAsync(["demo", "--out", folder.Text("file", "mine")]);

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Contains("is a file, and a folder is needed.", Assert.Single(run.Complaints), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder.Named("file")));
    }
}
