namespace Ltx.Video.Processes;

/// <summary>How a child process ended by itself.</summary>
internal sealed record ChildResult(int ExitCode, string LastWords);
