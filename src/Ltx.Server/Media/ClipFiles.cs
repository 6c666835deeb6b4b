using Ltx.Server.Configuration;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>A job's source and mask, looked at: both can be used as what they are to be.</summary>
/// <param name="Source">a video</param>
/// <param name="Mask">a video or a still image</param>
/// <param name="Size">of the result</param>
internal sealed record ClipFiles(MediaInfo Source, MediaInfo Mask, FrameSize Size)
{
    /// <summary>A video that is shown in place of the guide; null where there is none.</summary>
    public MediaInfo? Reference { get; init; }

    /// <exception cref="MediaException">One of the files cannot be used.</exception>
    public static async Task<ClipFiles> ProbeAsync(ClipJob job, MediaLimits limits, CancellationToken cancellation)
    {
        MediaInfo source = (await MediaProbe.ProbeAsync(job.Video, limits, ClipInpainter.SourceRole, cancellation)).RequireVideo();
        MediaInfo mask = await MediaProbe.ProbeAsync(job.Mask, limits, ClipInpainter.MaskRole, cancellation);
        FrameSize size = Sizing.ResultSize(source, job.Limits.Pixels);
        // As many as the source has, where it says how long it is.
        double has = source.Duration > TimeSpan.Zero ? Math.Ceiling(source.Duration.TotalSeconds * job.FramesPerSecond) + 1 : job.Frames;
        Sizing.RequireMemory(source, size, (int)Math.Min(job.Frames, has), SourceLimits.BytesPerPixel, job.Limits.FrameBytes);
        await MaskAlpha.CheckAsync(mask, new VideoReadOptions { Size = size, FramesPerSecond = FrameRate.FromDouble(job.FramesPerSecond), MaxFrames = job.Frames }, cancellation);
        MediaInfo? reference = job.Reference is null ? null : (await MediaProbe.ProbeAsync(job.Reference, limits, ClipInpainter.ReferenceRole, cancellation)).RequireVideo();
        return new ClipFiles(source, mask, size) { Reference = reference };
    }
}
