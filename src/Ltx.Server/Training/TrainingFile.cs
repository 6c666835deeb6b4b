using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>
/// One that ffprobe has looked at. Nothing of a clip may be concealed: what a decoder repaired would be learned. The thread that prepares waits for
/// ffmpeg, as it waits for the device.
/// </summary>
internal sealed class TrainingFile(MediaInfo info) : IMediaFile
{
    // Beyond it a header's rate is none.
    private const double FastestRate = 1000;

    // Chroma of halved sides has no place at odd ones; what is left over is cut off.
    private readonly FrameSize size = new(Math.Max(2, info.Width & ~1), Math.Max(2, info.Height & ~1));

    public int Width => size.Width;

    public int Height => size.Height;

    public bool IsStill => info.Kind == MediaKind.StillImage;

    public long? Frames => info.FrameCountEstimate;

    public double? FramesPerSecond => info.AverageFrameRate is { } rate && rate.Value <= FastestRate ? rate.Value : null;

    public IEnumerable<byte[]> Read(int most, double framesPerSecond, CancellationToken cancellation)
    {
        IAsyncEnumerable<VideoFrame> stream = VideoReader.ReadAsync(info, Options(most, framesPerSecond), cancellation);
        using IEnumerator<VideoFrame> frames = stream.ToBlockingEnumerable(cancellation).GetEnumerator();
        while (TrainingMedia.Judged(frames.MoveNext)) yield return frames.Current.Pixels.ToArray();
    }

    public MaskPictures ReadMask(int most, double framesPerSecond, CancellationToken cancellation) => TrainingMedia.Judged(() =>
    {
        VideoReadOptions options = Options(most, framesPerSecond);
        MaskAlpha.CheckAsync(info, options, cancellation).GetAwaiter().GetResult();
        MaskFrames mask = MaskReader.ReadAsync(info, options, cancellation).GetAwaiter().GetResult();
        return new MaskPictures(mask.Frames, mask.Note is null ? [] : [mask.Note]);
    });

    private VideoReadOptions Options(int most, double framesPerSecond) => new()
    {
        Size = size,
        FramesPerSecond = FrameRate.FromDouble(framesPerSecond),
        MaxFrames = most,
    };
}
