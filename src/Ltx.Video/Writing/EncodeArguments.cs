using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;

namespace Ltx.Video.Writing;

/// <summary>The command lines of <see cref="VideoWriter"/>.</summary>
internal static class EncodeArguments
{
    private const int AudioBitrateKilobits = 192;
    private const int AudioSampleRate = 48000;

    /// <summary>Raw frames on standard input, and raw interleaved float samples in a file where there is sound, to the whole file.</summary>
    public static string Of(string path, VideoWriteOptions options, AudioClip? audio, string? samplesPath)
    {
        var colours = options.Planes ?? PlaneColours.Bt709;
        // ffmpeg converts where input and encoder are told of different ranges, so both are told.
        var tags = $"-colorspace {colours.Matrix} -color_primaries {colours.Primaries} -color_trc {Transfer(colours)} -color_range {colours.Range}";
        var arguments = FFMpegArguments.FromFileInput(FfmpegArgument.StandardInput, verifyExists: false, input => Frames(input, options, tags));
        if (audio is not null)
        {
            arguments.AddFileInput(FfmpegArgument.File(samplesPath!), verifyExists: false, input => Samples(input, audio));
        }

        return arguments
            .OutputToFile(FfmpegArgument.File(path), overwrite: true, output =>
            {
                Picture(output, options, colours, tags);
                if (audio is not null)
                {
                    Sound(output, audio);
                }

                // Moving the index to the front rewrites the file once, at the end.
                output.WithFpsMode(FpsMode.Passthrough).WithCustomArgument("-map_metadata -1").WithFastStart().ForceFormat("mp4");
            })
            .Arguments;
    }

    private static void Frames(FFMpegInputOptions input, VideoWriteOptions options, string tags)
    {
        input
            .WithStrictRun(options.Limits)
            .ForceFormat("rawvideo")
            .WithPixelFormat(options.Planes is null ? "rgb24" : "yuv420p")
            .WithFrameSize(options.Size.Width, options.Size.Height)
            .WithCustomArgument($"-framerate {options.FramesPerSecond}");
        if (options.Planes is not null)
        {
            input.WithCustomArgument(tags);
        }
    }

    private static void Samples(FFMpegInputOptions input, AudioClip audio) => input
        .ForceFormat("f32le")
        .WithAudioSamplingRate(audio.SampleRate)
        .WithCustomArgument(FormattableString.Invariant($"-ac {audio.Channels.Count}"));

    private static void Picture(FFMpegOutputOptions output, VideoWriteOptions options, PlaneColours colours, string tags)
    {
        if (options.Planes is null)
        {
            output.WithVideoFilters(filters => filters
                .WithCustomFilter(
                    "scale", "out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp")
                .WithCustomFilter("format", "yuv420p"));
        }

        output
            .WithVideoCodec("libx264")
            .WithPixelFormat("yuv420p")
            .WithCustomArgument(Quantiser(options.Quality))
            // Where chroma lies, ffmpeg tells x264 in some versions only.
            .WithCustomArgument(FormattableString.Invariant($"{tags} -x264-params chromaloc={colours.ChromaLocation}"));
        output.WithSpeedPreset(Preset(options.Mode)).WithThreads(options.Limits.Threads);
    }

    private static void Sound(FFMpegOutputOptions output, AudioClip audio) => output
        // FFMpegCore's WithMap takes the names of filter outputs only: it puts them in brackets.
        .WithCustomArgument("-map 0:v -map 1:a")
        .WithAudioCodec("aac")
        .WithAudioBitrate(AudioBitrateKilobits)
        .WithAudioSamplingRate(AudioSampleRate)
        .WithAudioFilters(filters =>
        {
            if (audio.Channels.Count == 1)
            {
                filters.WithCustomFilter("pan", "stereo|c0=c0|c1=c0");
            }

            filters.WithCustomFilter("aformat", "channel_layouts=stereo");
        });

    private static string Quantiser(VideoQuality quality) => quality switch
    {
        VideoQuality.Low => "-crf 28",
        VideoQuality.Medium => "-crf 23",
        VideoQuality.High => "-crf 18",
        VideoQuality.Maximum => "-crf 12",
        VideoQuality.Lossless => "-qp 0",
        _ => throw new ArgumentOutOfRangeException(nameof(quality), quality, "Unknown quality."),
    };

    // ffprobe calls two of them by the standard that they come from, and ffmpeg's options by their exponent.
    private static string Transfer(PlaneColours colours) => colours.Transfer switch
    {
        "bt470m" => "gamma22",
        "bt470bg" => "gamma28",
        var same => same,
    };

    private static EncoderPreset Preset(WriteMode mode) => mode switch
    {
        WriteMode.Fast => EncoderPreset.SuperFast,
        WriteMode.Balanced => EncoderPreset.Medium,
        WriteMode.Small => EncoderPreset.VerySlow,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Unknown mode."),
    };
}
