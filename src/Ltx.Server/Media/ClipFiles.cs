using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>A job's source and mask, looked at: both can be used as what they are to be.</summary>
/// <param name="Source">a video</param>
/// <param name="Mask">a video or a still image</param>
/// <param name="Size">of the result</param>
internal sealed record ClipFiles(MediaInfo Source, MediaInfo Mask, FrameSize Size)
{
    /// <exception cref="MediaException">One of the files cannot be used.</exception>
    public static async Task<ClipFiles> ProbeAsync(ClipJob job, MediaLimits limits, CancellationToken cancellation)
    {
        MediaInfo source = (await MediaProbe.ProbeAsync(job.Video, limits, ClipInpainter.SourceRole, cancellation)).RequireVideo();
        MediaInfo mask = await MediaProbe.ProbeAsync(job.Mask, limits, ClipInpainter.MaskRole, cancellation);
        FrameSize size = Sizing.OutputSize(source, job.MaxPixels);
        await MaskAlpha.CheckAsync(mask, new VideoReadOptions { Size = size, FramesPerSecond = FrameRate.FromDouble(job.FramesPerSecond), MaxFrames = job.Frames }, cancellation);
        return new ClipFiles(source, mask, size);
    }
}
