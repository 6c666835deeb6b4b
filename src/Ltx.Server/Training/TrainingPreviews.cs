using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Training;
using Ltx.Training.Checkpoints;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>
/// What a training has come to, to look at: clips that the real pipeline makes with what was learned, beside what they were made from. A preview that
/// cannot be made is told of, and the training goes on.
/// </summary>
internal sealed class TrainingPreviews(InpaintEngine engine, TrainingOrder order, PreviewMedia media, TrainingFolder folder, MediaLimits limits)
{
    private const long Seed = 42;

    private const string Together = "previews.mp4";

    /// <summary>Makes those of a step, in files of their own; one that is there is left.</summary>
    /// <returns>the files</returns>
    public async Task<IReadOnlyList<string>> MakeAsync(int step, Action<TrainingNews> tell, CancellationToken cancellation)
    {
        List<string> made = [];
        foreach ((int i, PreviewClip clip) in order.Previews.Index())
        {
            tell(new TrainingNews(TrainingPhase.Previewing, i, order.Previews.Count));
            string file = Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"preview_step_{step:D5}_{i + 1}.mp4"));
            try
            {
                if (!File.Exists(file)) await MakeAsync(clip, step, file, cancellation);
                made.Add(file);
            }
            catch (Exception e) when (e is MediaException or InferenceException)
            {
                tell(new TrainingNews(TrainingPhase.Previewing, i, order.Previews.Count) { Note = $"Preview {i + 1} after step {step} was not made: {e.Message}", IsWarning = true });
            }
        }
        return made;
    }

    /// <summary>Makes those of the end, one after the other in one file.</summary>
    /// <returns>null where there are none</returns>
    public async Task<string?> LastAsync(Action<TrainingNews> tell, CancellationToken cancellation)
    {
        IReadOnlyList<string> made = await MakeAsync(order.Options.Steps, tell, cancellation);
        if (made.Count == 0) return null;
        List<MediaInfo> clips = [];
        foreach (string file in made) clips.Add(await MediaProbe.ProbeAsync(file, limits, cancellationToken: cancellation));
        string together = Path.Combine(folder.Path, Together);
        FrameSize size = new(clips.Max(clip => clip.Width), clips.Max(clip => clip.Height));
        async IAsyncEnumerable<ReadOnlyMemory<byte>> Frames()
        {
            foreach (MediaInfo clip in clips)
            {
                await foreach (byte[] frame in ReadAsync(clip, size, cancellation)) yield return frame;
            }
        }
        await WriteAsync(together, size, Frames(), cancellation);
        return together;
    }

    private async Task MakeAsync(PreviewClip clip, int step, string file, CancellationToken cancellation)
    {
        string work = Path.Combine(folder.Path, "preview.tmp");
        Directory.CreateDirectory(work);
        try
        {
            PreviewMedia.Files files = await media.MakeAsync(clip, work, cancellation);
            ClipJob job = Job(clip, files, step, Path.Combine(work, "result.mp4"));
            await new ClipInpainter(engine, limits).RunAsync(job, progress: null, cancellation);
            List<string?> sources = [clip.Video is null ? null : files.Video, clip.Mask is null ? null : files.Mask, files.Reference];
            await SideBySideAsync([.. sources.OfType<string>(), job.Output], file, cancellation);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private ClipJob Job(PreviewClip clip, PreviewMedia.Files files, int step, string output)
    {
        IReadOnlyList<LoraChoice> loras = order.Options.Full ? [] : [new LoraChoice(folder.Learned(step, order.Options.Steps))];
        GenerationParameters parameters = InpaintInput.Defaults.ToParameters([]) with
        {
            Loras = loras,
            Prompt = string.IsNullOrEmpty(order.Options.Trigger) ? clip.Prompt : $"{order.Options.Trigger} {clip.Prompt}",
            NegativePrompt = order.PreviewNegativePrompt,
            ExpandPrompt = false,
            GenerateAudio = false,
            Seed = Seed,
        };
        return new ClipJob(files.Video, files.Mask, parameters, output)
        {
            Reference = files.Reference,
            Frames = order.PreviewFrames,
            FramesPerSecond = order.PreviewFramesPerSecond,
        };
    }

    private async Task SideBySideAsync(IReadOnlyList<string> files, string output, CancellationToken cancellation)
    {
        MediaInfo result = await MediaProbe.ProbeAsync(files[^1], limits, cancellationToken: cancellation);
        FrameSize size = new(result.Width, result.Height);
        List<List<byte[]>> columns = [];
        foreach (string file in files) columns.Add(await ReadAsync(await MediaProbe.ProbeAsync(file, limits, cancellationToken: cancellation), size, cancellation).ToListAsync(cancellation));
        byte[] Joined(int frame)
        {
            byte[] row = new byte[3 * size.Width * size.Height * columns.Count];
            for (int y = 0; y < size.Height; y++)
            {
                foreach ((int column, List<byte[]> frames) in columns.Index())
                {
                    ReadOnlySpan<byte> from = frames[Math.Min(frame, frames.Count - 1)].AsSpan(3 * y * size.Width, 3 * size.Width);
                    from.CopyTo(row.AsSpan(3 * (y * size.Width * columns.Count + column * size.Width)));
                }
            }
            return row;
        }
        IEnumerable<ReadOnlyMemory<byte>> joined = Enumerable.Range(0, columns[^1].Count).Select(frame => (ReadOnlyMemory<byte>)Joined(frame));
        await WriteAsync(output, new FrameSize(size.Width * columns.Count, size.Height), joined.ToAsyncEnumerable(), cancellation);
    }

    private IAsyncEnumerable<byte[]> ReadAsync(MediaInfo info, FrameSize size, CancellationToken cancellation)
    {
        VideoReadOptions options = new() { Size = size, FramesPerSecond = FrameRate.FromDouble(order.PreviewFramesPerSecond), MaxFrames = order.PreviewFrames, Pixels = FramePixels.Rgb24 };
        return VideoReader.ReadAsync(info, options, cancellation).Select(frame => frame.Pixels.ToArray());
    }

    private Task WriteAsync(string path, FrameSize size, IAsyncEnumerable<ReadOnlyMemory<byte>> frames, CancellationToken cancellation)
    {
        VideoWriteOptions options = new() { Size = size, FramesPerSecond = FrameRate.FromDouble(order.PreviewFramesPerSecond), Quality = VideoQuality.High, Limits = limits };
        return VideoWriter.WriteAsync(path, options, frames, null, cancellation);
    }
}
