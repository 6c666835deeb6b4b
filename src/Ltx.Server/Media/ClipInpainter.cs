using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Ltx.Inference.Generation;
using Ltx.Server.Safety;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>
/// Inpaints from file to file: reads source and mask, runs the engine on its thread, and encodes while it still decodes.
/// Command line and server both go through here.
/// </summary>
/// <param name="guard">looks at source and result; null where nobody does</param>
internal sealed class ClipInpainter(InpaintEngine engine, MediaLimits limits, ContentGuard? guard = null)
{
    /// <summary>What the files are called in errors.</summary>
    public const string SourceRole = "the source video", MaskRole = "the mask", ReferenceRole = "the reference video";

    /// <summary>Stages before and after the engine's.</summary>
    internal const string Reading = "reading", Checking = "safety", Finishing = "finishing";

    // What AAC is made from, and what LTX-2.3 makes.
    private const int SoundRate = 48000, Stereo = 2;

    /// <param name="job">what to do; numbers within the endpoint's bounds</param>
    /// <param name="progress">told where the run is, on the engine's thread</param>
    /// <param name="cancellation">ends the run within one evaluation of the model</param>
    /// <param name="files">the job's two files, where they have been looked at before</param>
    /// <exception cref="MediaException">A file cannot be used, or the result cannot be written.</exception>
    /// <exception cref="ContentRefusedException">The guard refuses source or result; there is no file then.</exception>
    /// <exception cref="Ltx.Inference.InferenceException">The engine cannot do it.</exception>
    public async Task<ClipResult> RunAsync(ClipJob job, Action<InpaintProgress>? progress, CancellationToken cancellation, ClipFiles? files = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        progress?.Invoke(new InpaintProgress(Reading, 0, 0, 0));
        files ??= await ClipFiles.ProbeAsync(job, limits, cancellation);
        (MediaInfo source, _, FrameSize size) = files;
        FrameRate rate = FrameRate.FromDouble(job.FramesPerSecond);
        // The source's own planes where it has them, all the way to the encoder.
        SourcePlanes planes = SourcePlanes.Of(source, size);
        (List<byte[]> frames, VideoFindings found, MaskFrames masked) = await ReadAsync(files, rate, job.Frames, cancellation);
        List<string> notes = ClipNotes.Of(job, files, planes, frames.Count, found, masked);
        SourceSound? heard = await HearAsync(job, source, found.Start, frames.Count, notes, cancellation);
        InpaintRequest request = new(job.Parameters, frames, masked.Frames, size.Width, size.Height, rate.Value)
        {
            Yuv = new YuvColours(planes.Colours.LumaShares.Red, planes.Colours.LumaShares.Blue, planes.Colours.IsFullRange, planes.Colours.ChromaX, planes.Colours.ChromaY),
            Reference = files.Reference is null ? null : await ReadReferenceAsync(files.Reference, size, rate, frames.Count, cancellation),
            AllowsExpansion = job.AllowsExpansion,
            SourceSound = heard is null ? null : new SoundClip(heard.Clip.Channels, heard.Clip.SampleRate),
        };
        SourceSound? kept = job.Parameters.GenerateAudio && engine.KeepsSound(request)
            ? await AudioReader.ReadAsync(source, found.Start, SoundRate, Stereo, (int)rate.SamplesIn(frames.Count, SoundRate), cancellation)
            : null;
        notes.AddRange((heard ?? kept)?.Notes ?? []);
        foreach (string note in notes) progress?.Invoke(new InpaintProgress(Reading, 0, 0, 0, note));
        TimeSpan read = watch.Elapsed;

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        EncoderSink sink = new(stop.Token);
        EngineSpan span = new(watch) { Begin = read };
        Task<InpaintReport> run = engine.RunAsync(pipeline => Run(pipeline, request, sink, progress, span, stop.Token));
        bool hasSound = false;
        try
        {
            SoundClip? made = await sink.Begun;
            AudioClip? sound = kept?.Clip ?? (made is null ? null : new AudioClip(made.Channels, made.SampleRate));
            hasSound = sound is not null;
            VideoWriteOptions options = new()
            {
                Size = size, FramesPerSecond = rate, FrameCount = frames.Count, Planes = planes.Colours, Quality = job.Quality, Mode = job.WriteMode, Limits = limits,
            };
            await VideoWriter.WriteAsync(job.Output, options, sink.Frames.Select(frame => (ReadOnlyMemory<byte>)frame), sound, cancellation);
        }
        catch
        {
            // Either the encoder failed, and the engine must not wait for it any more; or the engine did, and that is what went wrong.
            await stop.CancelAsync();
            await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (run.Exception?.InnerException is { } cause and not OperationCanceledException) ExceptionDispatchInfo.Throw(cause);
            throw;
        }
        InpaintReport report = await run;
        StageTime[] check = guard is null ? [] : [new(Checking, span.Begin - read, [])];
        List<StageTime> stages = [new(Reading, read, []), .. check, .. report.Stages, new(Finishing, watch.Elapsed - span.End, [])];
        return new ClipResult(size, frames.Count, hasSound, stages, [.. notes, .. report.Notes], report);
    }

    // What the model listens to. A source whose sound is broken is refused where the result is to have that sound, and is silent where it is to have none.
    private async Task<SourceSound?> HearAsync(ClipJob job, MediaInfo source, TimeSpan start, int frames, List<string> notes, CancellationToken cancellation)
    {
        if (!engine.ListensToSource) return null;
        FrameRate rate = FrameRate.FromDouble(job.FramesPerSecond);
        try
        {
            return await AudioReader.ReadAsync(source, start, engine.SourceSoundRate, Stereo, (int)rate.SamplesIn(frames, engine.SourceSoundRate), cancellation);
        }
        catch (MediaException e) when (e.Fault == MediaFault.Input && !job.Parameters.GenerateAudio)
        {
            notes.Add("The sound of the source video cannot be decoded, so the model does without it.");
            return null;
        }
    }

    private InpaintReport Run(InpaintPipeline pipeline, InpaintRequest request, EncoderSink sink, Action<InpaintProgress>? progress, EngineSpan span, CancellationToken cancellation)
    {
        try
        {
            if (guard is not null)
            {
                progress?.Invoke(new InpaintProgress(Checking, 0, 0, 0));
                guard.CheckSource(request, cancellation);
                span.Begin = span.Now;
            }
            InpaintReport report = pipeline.Run(request, guard?.Watch(request, sink) ?? sink, progress, cancellation);
            span.End = span.Now;
            sink.End(null);
            return report;
        }
        catch (Exception e)
        {
            sink.End(e);
            throw;
        }
    }

    // Both at once. How much of the mask is needed is known when the source has ended; where that is not where its file
    // says, a moving one is read again.
    private static async Task<(List<byte[]> Frames, VideoFindings Found, MaskFrames Mask)> ReadAsync(
        ClipFiles files, FrameRate rate, int atMost, CancellationToken cancellation)
    {
        (MediaInfo source, MediaInfo mask, FrameSize size) = files;
        Task<MaskFrames> ReadMask(int count, CancellationToken token) =>
            MaskReader.ReadAsync(mask, new VideoReadOptions { Size = size, FramesPerSecond = rate, MaxFrames = count }, token);

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        int expected = source.Duration > TimeSpan.Zero ? Math.Clamp((int)Math.Round(source.Duration.TotalSeconds * rate.Value), 1, atMost) : atMost;
        Task<MaskFrames> early = ReadMask(expected, stop.Token);
        try
        {
            (List<byte[]> frames, VideoFindings found) = await ReadSourceAsync(source, size, rate, atMost, cancellation);
            bool isEnough = frames.Count == expected || mask.Kind == MediaKind.StillImage;
            return (frames, found, isEnough ? await early : await ReadMask(frames.Count, cancellation));
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)early).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // As long as the clip: its last frame is held, or its rest left out.
    private static async Task<List<byte[]>> ReadReferenceAsync(MediaInfo reference, FrameSize size, FrameRate rate, int count, CancellationToken cancellation)
    {
        (List<byte[]> frames, _) = await ReadSourceAsync(reference, size, rate, count, cancellation);
        return [.. frames, .. Enumerable.Repeat(frames[^1], count - frames.Count)];
    }

    private static async Task<(List<byte[]> Frames, VideoFindings Found)> ReadSourceAsync(
        MediaInfo source, FrameSize size, FrameRate rate, int atMost, CancellationToken cancellation)
    {
        List<byte[]> frames = [];
        VideoFindings? found = null;
        VideoReadOptions options = new() { Size = size, FramesPerSecond = rate, Pixels = FramePixels.Yuv420, MaxFrames = atMost, MaxConcealed = VideoReadOptions.ShareConcealed, Found = findings => found = findings };
        await foreach (VideoFrame frame in VideoReader.ReadAsync(source, options, cancellation)) frames.Add(frame.Pixels.ToArray());
        return (frames, found!);
    }

    // When the engine itself begins, behind the look at the source, and ends.
    private sealed class EngineSpan(Stopwatch watch)
    {
        public TimeSpan Now => watch.Elapsed;

        public TimeSpan Begin { get; set; }

        public TimeSpan End { get; set; }
    }
}
