using System.CommandLine;

namespace Ltx.Server.Commands;

/// <summary>`ltx completion`: what a shell needs to complete commands, options and their values.</summary>
internal static class CompletionCommand
{
    // The command line library answers [suggest:POSITION] LINE with what may stand there.
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            # Put this into ~/.bashrc:  source <(ltx completion bash)
            _ltx() {
              local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
              COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
            }
            complete -o default -F _ltx ltx ./ltx
            """,
        ["zsh"] = """
            # Put this into ~/.zshrc:  source <(ltx completion zsh)
            _ltx() {
              local line=${BUFFER[1,CURSOR]}
              local -a found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
              compadd -a found || _files
            }
            compdef _ltx ltx ./ltx
            """,
        ["fish"] = """
            # Put this into ~/.config/fish/completions/ltx.fish
            complete -c ltx -a '(set -l line (commandline -cp); ltx "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
            """,
    };

    public static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        Command command = new("completion", "Prints what makes a shell complete ltx's commands and options.") { shell };
        command.SetAction(parsed =>
        {
            Console.WriteLine(Scripts[parsed.GetValue(shell)!]);
            return 0;
        });
        return command;
    }
}
