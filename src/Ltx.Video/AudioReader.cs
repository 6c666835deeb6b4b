using System.Globalization;
using FFMpegCore;
using FFMpegCore.Arguments;
using Ltx.Video.Processes;
using Ltx.Video.Reading;

namespace Ltx.Video;

/// <summary>Decodes a file's sound, aligned with its picture.</summary>
public static class AudioReader
{
    // As of the picture; but a lost packet or two are heard by nobody, and a short clip has few.
    private const double MaxLostShare = VideoReadOptions.ShareConcealed, AlwaysConcealedSeconds = 0.1;

    /// <summary>
    /// The sound of <paramref name="source"/> from <paramref name="start"/> on, exactly <paramref name="sampleCount"/> samples long: silence is
    /// put before a track that begins later, behind one that ends early, and where something is missing. The first track that can be decoded and mixed is
    /// taken, the one that is marked as default before the others. One channel is doubled to two; more are mixed down.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="start">When the first sample is heard: <see cref="VideoFindings.Start"/>.</param>
    /// <param name="sampleRate">Samples per second, such as 48000.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="sampleCount">Samples of each channel; see <see cref="FrameRate.SamplesIn"/>.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>Null where the file has no sound.</returns>
    /// <exception cref="MediaException">No track can be used, or this machine cannot decode it.</exception>
    public static async Task<SourceSound?> ReadAsync(
        MediaInfo source, TimeSpan start, int sampleRate, int channels, int sampleCount, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        if (source.AudioStreams.Count == 0)
        {
            return null;
        }

        MediaException? first = null;
        SourceSound? silent = null;
        List<AudioStreamInfo> passedOver = [];
        foreach (var track in source.AudioStreams.OrderByDescending(stream => stream.IsDefault))
        {
            try
            {
                var (sound, hasSamples) = await ReadAsync(source, track, start, sampleRate, channels, sampleCount, cancellationToken).ConfigureAwait(false);
                if (hasSamples || sampleCount == 0)
                {
                    return source.AudioStreams.Count == 1 ? sound : sound with { Notes = [Choice(source, track, passedOver), .. sound.Notes] };
                }

                silent ??= sound;
            }
            catch (MediaException exception) when (exception.Fault == MediaFault.Input)
            {
                first ??= exception;
            }

            passedOver.Add(track);
        }

        return silent ?? throw first!;
    }

    private static string Choice(MediaInfo source, AudioStreamInfo track, List<AudioStreamInfo> passedOver)
    {
        var because = passedOver.Count == 0 ? string.Empty
            : $", because {string.Join(" and ", passedOver.Select(Name))} cannot be decoded or {(passedOver.Count == 1 ? "is" : "are")} empty";
        return MediaException.Sentence(source.Role, FormattableString.Invariant($"has {source.AudioStreams.Count} sound tracks; {Name(track)} is used{because}"));
    }

    private static string Name(AudioStreamInfo track)
    {
        var layout = track.Layout ?? track.Channels switch { 1 => "mono", 2 => "stereo", var channels => FormattableString.Invariant($"{channels} channels") };
        return FormattableString.Invariant($"stream {track.Index} ({track.Codec}, {layout})");
    }

    private static async Task<(SourceSound Sound, bool HasSamples)> ReadAsync(
        MediaInfo source, AudioStreamInfo track, TimeSpan start, int sampleRate, int channels, int sampleCount, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(source, track, mix: null, start, sampleRate, channels, sampleCount, cancellationToken).ConfigureAwait(false);
        }
        catch (MediaException exception) when (exception.Fault == MediaFault.Input && track.Channels > 2)
        {
            // ffmpeg has no matrix for where these channels belong, or does not know that at all.
            return await ReadAsync(source, track, OwnMix.Of(track), start, sampleRate, channels, sampleCount, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<(SourceSound Sound, bool HasSamples)> ReadAsync(
        MediaInfo source, AudioStreamInfo track, OwnMix? mix, TimeSpan start, int sampleRate, int channels, int sampleCount, CancellationToken cancellationToken)
    {
        var samples = Enumerable.Range(0, channels).Select(_ => new float[sampleCount]).ToArray();
        List<string> notes = mix is null ? [] : [MediaException.Sentence(SoundOf(source), mix.Note)];
        if (sampleCount == 0)
        {
            return (new SourceSound(new AudioClip(samples, sampleRate), track, notes), false);
        }

        var (from, to) = (start.TotalSeconds, start.TotalSeconds + ((double)sampleCount / sampleRate));
        SampleLog log = new(track.Index, from, to, sampleRate, channels);
        using MemoryStream decoded = new();
        var most = 2 * (long)sampleCount * channels * sizeof(float);
        var result = await FfmpegTool.RunHeardAsync(
            Arguments(source, track, mix, from, to, sampleRate, channels),
            source.Limits,
            MemoryBound.Hearing(source),
            log.Hear,
            (stream, _, token) => CollectAsync(stream, decoded, most, token),
            cancellationToken).ConfigureAwait(false);
        var lost = log.Lost * log.BlockSeconds;
        // Some of ffmpeg's parsers pass over what is broken without a word. A track that was declared and never filled is silent, and no error.
        var isPromised = track.Start.TotalSeconds < to && (track.Start + track.Length).TotalSeconds > from;
        if (result.ExitCode != 0
            || (log.Count == 0 && (log.Lost + log.Packets > 0 || isPromised))
            || lost > Math.Max(AlwaysConcealedSeconds, MaxLostShare * sampleCount / sampleRate))
        {
            throw FfmpegFailure.WhileReadingSound(SoundOf(source), result);
        }

        log.Place(decoded.GetBuffer().AsSpan(0, (int)decoded.Length), start, samples);
        if (lost > 0)
        {
            notes.Add(MediaException.Sentence(SoundOf(source), FormattableString.Invariant($"has {log.Lost} pieces ({lost:0.##} s) that cannot be decoded; they are silent")));
        }

        return (new SourceSound(new AudioClip(samples, sampleRate), track, notes), log.Count > 0);
    }

    private static string SoundOf(MediaInfo source) => $"the sound of {source.Role}";

    private static string Arguments(
        MediaInfo source, AudioStreamInfo track, OwnMix? mix, double from, double to, int sampleRate, int channels)
    {
        var arguments = FFMpegArguments
            .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input => input
                .WithTolerantRun(source.Limits)
                .WithUntrusted(source.Format.Demuxer, source.Limits))
            .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output => output
                .WithCustomArgument(FormattableString.Invariant($"-map 0:{track.Index}"))
                .WithAudioFilters(filters =>
                {
                    // Nothing here knows of time but by the time stamps: see SampleLog.
                    filters.WithCustomFilter("ashowinfo", string.Empty);
                    if (mix is not null)
                    {
                        filters.WithCustomFilter("pan", mix.Pan);
                    }

                    filters.WithCustomFilter("aresample", FormattableString.Invariant($"{sampleRate}"));
                    filters.WithCustomFilter("aformat", $"sample_fmts=flt:channel_layouts={(channels == 1 ? "mono" : "stereo")}");
                    filters.WithCustomFilter("atrim", $"start={Seconds(from)}:end={Seconds(to)}");
                    filters.WithCustomFilter("ashowinfo", string.Empty);
                })
                .WithAudioCodec("pcm_f32le")
                .ForceFormat("f32le"))
            .Arguments;
        return arguments + FileClock.Output(source, track.Index, to);
    }

    private static string Seconds(double seconds) => seconds.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>What is over the bound is thrown away: time stamps that go back over the same time again and again.</summary>
    private static async Task CollectAsync(Stream stream, MemoryStream decoded, long most, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        for (int got; (got = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            decoded.Write(buffer, 0, (int)Math.Min(got, Math.Max(0, most - decoded.Length)));
        }
    }

    /// <summary>Two channels of channels that ffmpeg has no matrix for.</summary>
    /// <param name="Pan">For the filter "pan".</param>
    /// <param name="Note">What is done, for the user.</param>
    private sealed record OwnMix(string Pan, string Note)
    {
        public static OwnMix Of(AudioStreamInfo track)
        {
            var order = (int)Math.Sqrt(track.Channels) - 1;
            if (track.Layout?.StartsWith("ambisonic", StringComparison.Ordinal) == true && order >= 1)
            {
                // Channels in the order ACN: all around, then left against right. Half of each is a cardioid to either side. Two more channels than a full
                // sphere has are stereo sound that does not turn with the head (RFC 8486).
                var beside = (order + 1) * (order + 1) is var sphere && track.Channels == sphere + 2 ? (Left: $"+c{sphere}", Right: $"+c{sphere + 1}") : (Left: "", Right: "");
                return new OwnMix(
                    $"stereo|c0=0.5*c0+0.5*c1{beside.Left}|c1=0.5*c0-0.5*c1{beside.Right}",
                    FormattableString.Invariant($"is ambisonic ({track.Channels} channels); what is left and right of the front is heard left and right"));
            }

            var all = string.Join('+', Enumerable.Range(0, track.Channels).Select(i => FormattableString.Invariant($"{1.0 / track.Channels:0.######}*c{i}")));
            return new OwnMix(
                $"stereo|c0={all}|c1={all}",
                FormattableString.Invariant($"has {track.Channels} channels whose places are not known; all are heard on both sides"));
        }
    }
}
