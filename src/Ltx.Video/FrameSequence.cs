using System.Runtime.CompilerServices;

namespace Ltx.Video;

/// <summary>What is done with streams of frames.</summary>
public static class FrameSequence
{
    /// <summary>
    /// Exactly <paramref name="count"/> frames: the last one is repeated where <paramref name="frames"/> end early (a still mask, or one
    /// shorter than the source), and the rest is left unread where there are more. Repeated frames share their bytes.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="frames"/> has none.</exception>
    public static async IAsyncEnumerable<VideoFrame> HoldLastAsync(
        this IAsyncEnumerable<VideoFrame> frames, int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        VideoFrame? last = null;
        var given = 0;
        if (count > 0)
        {
            await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                last = frame;
                yield return frame with { Index = given };
                if (++given == count)
                {
                    yield break;
                }
            }
        }

        for (; given < count; given++)
        {
            yield return (last ?? throw new ArgumentException("There is no frame to hold.", nameof(frames))) with { Index = given };
        }
    }
}
