using System.Threading.Channels;
using Ltx.Inference.Generation;

namespace Ltx.Server.Media;

/// <summary>
/// Stands between the engine's thread and the encoder: one frame waits, and the engine with it, so that neither runs away from the other.
/// </summary>
internal sealed class EncoderSink(CancellationToken cancellation) : IInpaintSink
{
    private readonly Channel<byte[]> frames = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<SoundClip?> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The sound that was made, once frames are about to come.</summary>
    public Task<SoundClip?> Begun => begun.Task;

    public IAsyncEnumerable<byte[]> Frames => frames.Reader.ReadAllAsync(cancellation);

    public void Begin(SoundClip? generatedSound) => begun.SetResult(generatedSound);

    public void Write(byte[] frame) => frames.Writer.WriteAsync(frame, cancellation).AsTask().GetAwaiter().GetResult();

    /// <summary>No more frames come, for the given reason if it is a bad one.</summary>
    public void End(Exception? error)
    {
        if (error is not null) begun.TrySetException(error);
        frames.Writer.TryComplete(error);
    }
}
