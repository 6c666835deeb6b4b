namespace Ltx.Video;

/// <summary>What a child process may take. The defaults suit a server that reads files from strangers.</summary>
public sealed record MediaLimits
{
    /// <summary>Limits as they are when a caller names none.</summary>
    public static MediaLimits Default { get; } = new();

    /// <summary>
    /// Folder that holds ffmpeg and ffprobe. Null: the folder named by the environment variable <c>LTX_FFMPEG</c>, or else the PATH.
    /// </summary>
    public string? ToolFolder { get; init; }

    /// <summary>Wall time for looking at a file; ffprobe reads headers and the first frames only.</summary>
    public TimeSpan ProbeTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Wall time for reading or writing one file. Only the time in which ffmpeg is waited for counts: while the caller is busy with a frame
    /// (a GPU may take minutes for it) the clock stands still.
    /// </summary>
    public TimeSpan WorkTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Threads that one ffmpeg may use. More than eight bring a decoder or x264 at these sizes nothing.</summary>
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>Most pixels of one decoded picture; guards memory against files that announce giant pictures. 8192x8192 holds 8K video.</summary>
    public long MaxSourcePixels { get; init; } = 8192L * 8192L;

    /// <summary>
    /// Most memory that one child may hold, in resident bytes. Null: what pictures of their size and the threads can need, and never more than half of
    /// what the machine or its container has.
    /// </summary>
    public long? MemoryBytes { get; init; }

    /// <summary>How much of the end of standard error is kept, in bytes.</summary>
    public int LastWordsBytes { get; init; } = 4096;
}
