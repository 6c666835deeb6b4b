using System.CommandLine;
using Ltx.Server.Commands;

namespace Ltx.Server.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", "serve", "status", "requests", "keys", "config", "inpaint", "batch", "mask", "demo", "doctor", "completion")]
    [InlineData(
        "inpaint --help", "-v, --video", "-m, --mask", "-p, --prompt", "-o, --out", "-l, --lora", "--video-strength", "--frames", "--fps",
        "--steps", "--guidance", "--negative", "-s, --seed", "-y, --yes", "--json", "-q, --quiet", "--no-audio", "--quality",
        "--write-mode", "--model", "--device", "--dtype")]
    [InlineData("demo --help", "-o, --out", "--model", "--device")]
    public async Task Help_lists_on_standard_output(string arguments, params string[] names)
    {
        LtxRun run = await LtxInProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        foreach (string name in names) Assert.Matches($@"(?m)^  {name}\b", run.Output);
    }

    [Theory]
    [InlineData("paint", "there is no command 'paint' (did you mean inpaint?); see ltx --help.")]
    [InlineData("zebra", "there is no command 'zebra'; see ltx --help.")]
    [InlineData("requests shw", "there is no command 'shw' (did you mean show?); see ltx requests --help.")]
    [InlineData("inpaint", "--video, --mask, --prompt and --out are missing; see ltx inpaint --help.")]
    [InlineData("inpaint -v a -m b -p c", "--out is missing; see ltx inpaint --help.")]
    [InlineData("inpaint --vdieo a -m b -p c -o d",
        "there is no option '--vdieo' (did you mean --video?); --video is missing; see ltx inpaint --help.")]
    [InlineData("inpaint -v a -m b -p c -o d --frames many --quality ultra",
        "--frames is 'many', and must be a whole number; --quality is 'ultra', and must be low, medium, high, maximum or lossless; "
            + "see ltx inpaint --help.")]
    [InlineData("inpaint -v a -m b -p c -o d --guidance 1,5", "--guidance is '1,5', and must be a number; see ltx inpaint --help.")]
    [InlineData("train --learning-rate 1,5 --alpha 1,5",
        "--alpha is '1,5', and must be a number; --learning-rate is '1,5', and must be a number; see ltx train --help.")]
    [InlineData("inpaint -v a -m b -p c -o", "--out needs a value; see ltx inpaint --help.")]
    [InlineData("demo --colour red", "there is no option '--colour'; see ltx demo --help.")]
    [InlineData("demo red", "there is no place for 'red'; see ltx demo --help.")]
    [InlineData("requests show", "<id> is missing; see ltx requests show --help.")]
    [InlineData("requests list --status DONE", "--status is 'DONE', and must be COMPLETED, IN_PROGRESS or IN_QUEUE; see ltx requests list --help.")]
    [InlineData("train", "--kind, --data and --out are missing.")]
    public async Task A_command_line_that_is_not_understood_is_one_sentence_with_all_that_is_wrong(string arguments, string sentence)
    {
        LtxRun run = await LtxInProcess.RunAsync(arguments.Split(' '));

        Assert.Equal((BadInput.Users, ""), (run.ExitCode, run.Output));
        Assert.Equal([$"ltx: {sentence}"], run.Complaints);
    }

    [Theory]
    [InlineData("", "inpaint")]
    [InlineData("requests", "logs")]
    [InlineData("keys", "revoke")]
    public async Task A_command_of_commands_alone_shows_which_there_are(string arguments, string one)
    {
        LtxRun run = await LtxInProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches($@"(?m)^  {one}\b", run.Output);
    }

    [Theory]
    [InlineData("inp", "inpaint")]
    [InlineData("requests sh", "show")]
    [InlineData("inpaint --vid", "--video")]
    [InlineData("inpaint --quality ma", "Maximum")]
    [InlineData("inpaint --model min", "miniature")]
    [InlineData("recipes show def", "default")]
    public async Task A_shell_is_told_what_may_stand_there(string line, string word)
    {
        LtxRun run = (await LtxInProcess.RunAsync([$"[suggest:{line.Length}]", line])).Succeeded();

        Assert.Contains(word, run.Output.Split('\n'));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _ltx ltx")]
    [InlineData("zsh", "compdef _ltx ltx")]
    [InlineData("fish", "complete -c ltx")]
    public async Task A_shell_is_given_what_makes_it_ask(string shell, string line) =>
        Assert.Contains(line, (await LtxInProcess.RunAsync(["completion", shell])).Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public async Task Bash_completes_a_command_an_option_and_a_files_name()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "runs bash");
        using TestFolder folder = new();
        string script = folder.Text("completion", (await LtxInProcess.RunAsync(["completion", "bash"])).Succeeded().Output);
        string ltx = folder.Named("ltx");
        TestMedia.Run("install", "-m", "700", folder.Text("ltx.sh", $"#!/bin/sh\nexec {string.Join(' ', LtxProcess.CommandLine)} \"$@\"\n"), ltx);
        string ask = folder.Text("ask", $$"""
            source '{{script}}'
            for line in 'ltx requests sh' 'ltx inpaint --no-a'; do
              COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=($line)
              COMP_WORDS[0]='{{ltx}}' COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
              _ltx
              echo "${COMPREPLY[@]}"
            done
            """);
        Assert.Equal("show\n--no-audio\n", TestMedia.Run("bash", ask));
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
