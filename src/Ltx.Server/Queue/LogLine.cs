namespace Ltx.Server.Queue;

/// <summary>One line that the client sees. <paramref name="Level"/> is one of fal's: ERROR, INFO, WARN, DEBUG.</summary>
internal sealed record LogLine(DateTimeOffset At, string Level, string Message);
