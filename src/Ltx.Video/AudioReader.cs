using System.Globalization;
using System.Runtime.InteropServices;
using FFMpegCore;
using Ltx.Video.Processes;

namespace Ltx.Video;

/// <summary>Decodes a file's sound, aligned with its picture.</summary>
public static class AudioReader
{
    /// <summary>
    /// The sound of <paramref name="source"/> from its first video frame on, exactly <paramref name="sampleCount"/> samples long: silence is
    /// put before a track that begins later and behind one that ends early, what lies before the first frame is cut off. The track marked as
    /// default is taken, else the first. One channel is doubled to two; more are mixed down.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="sampleRate">Samples per second, such as 48000.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="sampleCount">Samples of each channel; see <see cref="FrameRate.SamplesIn"/>.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>Null where the file has no sound.</returns>
    /// <exception cref="MediaException">The sound is damaged, or this machine cannot decode it.</exception>
    public static async Task<AudioClip?> ReadAsync(
        MediaInfo source, int sampleRate, int channels, int sampleCount, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        if (source.AudioStreams.Count == 0)
        {
            return null;
        }

        var track = source.AudioStreams.FirstOrDefault(stream => stream.IsDefault, source.AudioStreams[0]);

        var samples = Enumerable.Range(0, channels).Select(_ => new float[sampleCount]).ToArray();
        if (sampleCount > 0)
        {
            var result = await FfmpegTool.RunFfmpegAsync(
                Arguments(source, track, sampleRate, channels, sampleCount),
                source.Limits,
                input: null,
                (stream, _, token) => FillAsync(stream, samples, token),
                cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
            {
                throw FfmpegFailure.WhileReadingSound($"the sound of {source.Role}", result);
            }
        }

        return new AudioClip(samples, sampleRate);
    }

    private static string Arguments(MediaInfo source, AudioStreamInfo track, int sampleRate, int channels, int sampleCount) => FFMpegArguments
        .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input => input
            .WithStrictRun(source.Limits)
            // The file's own clock, as in VideoStart; without this ffmpeg moves the earliest stream to zero.
            .WithCustomArgument("-copyts")
            .WithUntrusted(source.Format.Demuxer, source.Limits))
        .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output => output
            .WithCustomArgument(FormattableString.Invariant($"-map 0:{track.Index}"))
            .WithAudioFilters(filters =>
            {
                var start = source.VideoStart.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture);
                filters.WithCustomFilter("asetpts", $"PTS-({start})/TB");
                // first_pts pads or cuts the beginning to the first frame's time, and async=1 does so for gaps within; no stretching.
                filters.WithCustomFilter("aresample", FormattableString.Invariant($"{sampleRate}:async=1:first_pts=0"));
                if (track.Channels == 1 && channels == 2)
                {
                    // ffmpeg's own mixing of one channel into two lowers it by 3 dB.
                    filters.WithCustomFilter("pan", "stereo|c0=c0|c1=c0");
                }

                filters.WithCustomFilter("aformat", $"sample_fmts=flt:channel_layouts={(channels == 1 ? "mono" : "stereo")}");
                filters.WithCustomFilter("atrim", FormattableString.Invariant($"end_sample={sampleCount}"));
            })
            .WithAudioCodec("pcm_f32le")
            .ForceFormat("f32le"))
        .Arguments;

    /// <summary>Deals interleaved little-endian samples out to the channels; what is missing stays silent, what is over is dropped.</summary>
    private static async Task FillAsync(Stream stream, float[][] samples, CancellationToken cancellationToken)
    {
        var buffer = new byte[samples.Length * sizeof(float) * 16384];
        var at = 0;
        int got;
        do
        {
            got = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            at = Deal(buffer.AsSpan(0, got), samples, at);
        }
        while (got == buffer.Length);
    }

    private static int Deal(ReadOnlySpan<byte> bytes, float[][] samples, int at)
    {
        var interleaved = MemoryMarshal.Cast<byte, float>(bytes);
        for (var i = 0; i + samples.Length <= interleaved.Length && at < samples[0].Length; i += samples.Length, at++)
        {
            for (var channel = 0; channel < samples.Length; channel++)
            {
                samples[channel][at] = interleaved[i + channel];
            }
        }

        return at;
    }
}
