using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Ltx.Server.Commands;

/// <summary>The commands of the executable and how what was typed is read, alike for all of them.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that was typed, and gives its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        ParseResult parsed = Parse(arguments);
        // What is asked for help, or for what a shell may complete, is answered whatever is missing.
        return parsed.Action is ParseErrorAction
            ? CommandFailure.WrongCommandLine(parsed)
            : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = HardExit.LibraryTimeout });
    }

    /// <summary>Reads a command line; what cannot be understood is among the result's errors.</summary>
    public static ParseResult Parse(IReadOnlyList<string> arguments)
    {
        RootCommand root = new("Ltx: masked video inpainting with LTX-2.3 on your own machine, and a server that fal's clients can talk to.")
        {
            DemoCommand.Create(),
            InpaintCommand.Create(),
            BatchCommand.Create(),
            MaskCommand.Create(),
            CompareCommand.Create(),
            TrainCommand.Create(),
            ServeCommand.Create(),
            StatusCommand.Create(),
            RequestsCommand.Create(),
            KeysCommand.Create(),
            ConfigCommand.Create(),
            ModelsCommand.Create(),
            RecipesCommand.Create(),
            DoctorCommand.Create(),
            BenchCommand.Create(),
            CompletionCommand.Create(),
        };
        ShowHelpOfGroups(root);
        return Parse(root, arguments);
    }

    /// <summary>Reads the command line of one command.</summary>
    public static ParseResult Parse(Command command, IReadOnlyList<string> arguments)
    {
        LetTheLastWin(command);
        ReadNumbersAsTheyAreWritten(command);
        // A value is what was typed: by default one that begins with @ would be read as the name of a file whose words become arguments.
        return command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    /// <summary>
    /// An option of one value that is given twice has the last one, as with most programs: a script's own defaults can be followed by what its
    /// caller wants.
    /// </summary>
    private static void LetTheLastWin(Command command)
    {
        // In spite of its name, this decides for an option of one value only whether it may stand there again.
        foreach (Option option in command.Options.Where(option => option.Arity.MaximumNumberOfValues == 1))
        {
            option.AllowMultipleArgumentsPerToken = true;
        }
        foreach (Command child in command.Subcommands) LetTheLastWin(child);
    }

    /// <summary>The library reads 1,5 as 15: a comma is between thousands to it.</summary>
    private static void ReadNumbersAsTheyAreWritten(Command command)
    {
        foreach (Option option in command.Options)
        {
            if (option is Option<double> number) number.CustomParser = given => Number(given) ?? 0;
            if (option is Option<double?> optional) optional.CustomParser = Number;
        }
        foreach (Command child in command.Subcommands) ReadNumbersAsTheyAreWritten(child);
    }

    private static double? Number(ArgumentResult given)
    {
        string text = given.Tokens[^1].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return number;
        given.AddError(text);
        return null;
    }

    /// <summary>A command that only has others below it says which, where none of them is named.</summary>
    private static void ShowHelpOfGroups(Command command)
    {
        if (command.Subcommands.Count > 0) command.SetAction(parsed => new HelpAction().Invoke(parsed));
        foreach (Command child in command.Subcommands) ShowHelpOfGroups(child);
    }
}
