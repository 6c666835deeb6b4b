namespace Ltx.Video.Writing;

/// <summary>A look at what ffmpeg has written.</summary>
internal static class WrittenFile
{
    /// <summary>
    /// Reads the result's header back. ffmpeg's exit code alone is not proof: not every version reports a disk that fills up while the last
    /// bytes are flushed.
    /// </summary>
    public static async Task VerifyAsync(string path, MediaLimits limits, int count, CancellationToken cancellationToken)
    {
        MediaInfo written;
        try
        {
            written = await MediaProbe.ProbeAsync(path, limits, "the result", cancellationToken).ConfigureAwait(false);
        }
        catch (MediaException exception) when (exception.Fault == MediaFault.Input)
        {
            throw new MediaException(
                MediaFault.Server, "The result that ffmpeg wrote cannot be read back.", exception.LastWords, exception.ExitCode, exception);
        }

        if (written.FrameCountEstimate != count)
        {
            throw new MediaException(
                MediaFault.Server, $"The result that ffmpeg wrote holds {written.FrameCountEstimate ?? 0} frames instead of {count}.");
        }
    }
}
