using System.Runtime.CompilerServices;
using Ltx.Inference.Latents;
using Ltx.Training;
using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>
/// Makes of a preview's files what the pipeline takes: a clip, a mask and perhaps a reference, all of one size. Whatever the kind of training, it is
/// the same request: what is given is black in the mask.
/// </summary>
/// <param name="kind">of the training</param>
/// <param name="kept">what of every frame is given in outpainting</param>
/// <param name="frames">of a preview at most; what a picture or no clip at all becomes</param>
/// <param name="rate">frames a second</param>
/// <param name="size">of previews; null for the clip's own</param>
/// <param name="trained">the size where there is neither a wish nor a clip</param>
/// <param name="limits">of every file</param>
internal sealed class PreviewMedia(
    TrainingKind kind, KeptRectangle? kept, int frames, double rate, PixelShape? size, PixelShape trained, MediaLimits limits)
{
    private readonly FrameRate rate = FrameRate.FromDouble(rate);

    /// <summary>Files for a request.</summary>
    public sealed record Files(string Video, string Mask, string? Reference);

    /// <param name="folder">where they go</param>
    /// <exception cref="MediaException">A file of the preview cannot be used.</exception>
    public async Task<Files> MakeAsync(PreviewClip clip, string folder, CancellationToken cancellation)
    {
        string video = Path.Combine(folder, "source.mp4"), mask = Path.Combine(folder, "mask.mp4"), reference = Path.Combine(folder, "reference.mp4");
        MediaInfo? given = await ProbeAsync(clip.Video ?? clip.Reference, cancellation), guide = await ProbeAsync(clip.Reference, cancellation);
        FrameSize target = size is { } wished ? new FrameSize(wished.Width, wished.Height)
            : given is not null ? new FrameSize(Math.Max(2, given.Width & ~1), Math.Max(2, given.Height & ~1))
            : new FrameSize(trained.Width, trained.Height);
        int count = given is null ? await WriteAsync(video, target, Repeated(new byte[3 * target.Width * target.Height]), cancellation)
            : await WriteAsync(video, target, ReadAsync(given, target, cancellation), cancellation);
        await WriteAsync(mask, target, await MaskAsync(clip, target, count, cancellation), cancellation);
        if (guide is not null) await WriteAsync(reference, target, ReadAsync(guide, target, cancellation), cancellation);
        return new Files(video, mask, guide is null ? null : reference);
    }

    private async Task<MediaInfo?> ProbeAsync(string? path, CancellationToken cancellation) =>
        path is null ? null : await MediaProbe.ProbeAsync(path, limits, "the preview's clip", cancellation);

    // A clip's frames; a picture stands for as long as a preview may be.
    private async IAsyncEnumerable<byte[]> ReadAsync(
        MediaInfo info, FrameSize target, [EnumeratorCancellation] CancellationToken cancellation)
    {
        CoverCrop crop = CoverCrop.Of(info.Height, info.Width, target.Height, target.Width);
        bool isStill = info.Kind == MediaKind.StillImage;
        VideoReadOptions options = Options(crop) with { MaxConcealed = VideoReadOptions.ShareConcealed };
        await foreach (VideoFrame frame in VideoReader.ReadAsync(info, options, cancellation))
        {
            byte[] cut = Cut(frame.Pixels.Span, crop, channels: 3);
            for (int turn = isStill ? frames : 1; turn > 0; turn--) yield return cut;
        }
    }

    private async Task<IAsyncEnumerable<byte[]>> MaskAsync(PreviewClip clip, FrameSize target, int count, CancellationToken cancellation)
    {
        if (clip.Mask is not null)
        {
            MediaInfo info = await MediaProbe.ProbeAsync(clip.Mask, limits, "the preview's mask", cancellation);
            CoverCrop crop = CoverCrop.Of(info.Height, info.Width, target.Height, target.Width);
            MaskFrames mask = await MaskReader.ReadAsync(info, Options(crop), cancellation);
            return mask.Frames.Select(frame => Grey(Cut(frame, crop, channels: 1))).ToAsyncEnumerable();
        }
        byte[] made = new byte[3 * target.Width * target.Height];
        Array.Fill(made, byte.MaxValue);
        if (kind == TrainingKind.Outpaint && kept is not null) Blacken(made, target, kept);
        // The first frame is what an image becomes a video from.
        bool givesFirst = kind == TrainingKind.ImageToVideo && clip.Video is not null;
        return Enumerable.Range(0, count).Select(frame => givesFirst && frame == 0 ? new byte[made.Length] : made).ToAsyncEnumerable();
    }

    private static void Blacken(byte[] pixels, FrameSize size, KeptRectangle kept)
    {
        (int left, int right) = (Math.Clamp(kept.Left, 0, size.Width), Math.Clamp(kept.Right, 0, size.Width));
        for (int y = Math.Max(0, kept.Top); y < Math.Min(size.Height, kept.Bottom); y++)
        {
            pixels.AsSpan(3 * (y * size.Width + left), 3 * Math.Max(0, right - left)).Clear();
        }
    }

    private IAsyncEnumerable<byte[]> Repeated(byte[] frame) => Enumerable.Repeat(frame, frames).ToAsyncEnumerable();

    private VideoReadOptions Options(CoverCrop crop) => new()
    {
        Size = new FrameSize(crop.ResizedWidth, crop.ResizedHeight), FramesPerSecond = rate, MaxFrames = frames, Fit = FrameFit.Stretch,
    };

    // [H, W, C] of the crop out of the resized frame
    private static byte[] Cut(ReadOnlySpan<byte> frame, CoverCrop crop, int channels)
    {
        int row = crop.Width * channels;
        byte[] cut = new byte[crop.Height * row];
        for (int y = 0; y < crop.Height; y++)
        {
            frame.Slice(((crop.Top + y) * crop.ResizedWidth + crop.Left) * channels, row).CopyTo(cut.AsSpan(y * row));
        }
        return cut;
    }

    private static byte[] Grey(byte[] luma)
    {
        byte[] pixels = new byte[3 * luma.Length];
        for (int i = 0; i < luma.Length; i++) pixels.AsSpan(3 * i, 3).Fill(luma[i]);
        return pixels;
    }

    private Task<int> WriteAsync(string path, FrameSize target, IAsyncEnumerable<byte[]> pixels, CancellationToken cancellation)
    {
        VideoWriteOptions options = new() { Size = target, FramesPerSecond = rate, Quality = VideoQuality.Lossless, Limits = limits };
        return VideoWriter.WriteAsync(path, options, pixels.Select(frame => (ReadOnlyMemory<byte>)frame), null, cancellation);
    }
}
