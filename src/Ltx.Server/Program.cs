using Ltx.Server.Commands;
using Ltx.Server.Media;

// The whole executable. What a command does stands in Commands/.
int exitCode = await CommandLine.RunAsync(args);
// An engine that is still computing is left to the end of the process.
if (InpaintEngine.AreAnyLeft) HardExit.Now(exitCode);
return exitCode;
