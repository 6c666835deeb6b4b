using System.CommandLine;
using Ltx.Server.Commands;

// The whole executable: one line a command. What a command does stands in Commands/.
RootCommand root = new("Ltx: masked video inpainting with LTX-2.3 on your own machine, and a server that fal's clients can talk to.")
{
    ServeCommand.Create(),
    RequestsCommand.Create(),
    InpaintCommand.Create(),
    DemoCommand.Create(),
    CompareCommand.Create(),
    ModelsCommand.Create(),
    RecipesCommand.Create(),
    DoctorCommand.Create(),
    BenchCommand.Create(),
};

// A value is what was typed: by default one that begins with @ would be read as the name of a file whose words become arguments.
ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
return parsed.Errors.Count > 0 ? CommandFailure.WrongCommandLine(parsed) : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = HardExit.LibraryTimeout });
