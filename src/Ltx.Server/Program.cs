using System.CommandLine;
using Ltx.Server.Commands;

// The whole executable. What a command does stands in Commands/.
ParseResult parsed = CommandLine.Parse(args);
return parsed.Errors.Count > 0 ? CommandFailure.WrongCommandLine(parsed) : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = HardExit.LibraryTimeout });
