namespace Ltx.Video.Processes;

/// <summary>What is done with one stream of a child process: fill its standard input, or empty its standard output to the end.</summary>
internal delegate Task ChildPipe(Stream stream, ChildClock clock, CancellationToken cancellationToken);
