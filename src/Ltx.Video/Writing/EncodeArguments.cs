using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;

namespace Ltx.Video.Writing;

/// <summary>The command lines of <see cref="VideoWriter"/>.</summary>
internal static class EncodeArguments
{
    private const int AudioBitrateKilobits = 192;
    private const int AudioSampleRate = 48000;

    /// <summary>Raw frames on standard input to a video file without sound.</summary>
    public static string Picture(string path, VideoWriteOptions options, bool isLastStep)
    {
        var limits = options.Limits;
        var colours = options.Planes ?? PlaneColours.Bt709;
        // ffmpeg converts where input and encoder are told of different ranges, so both are told.
        var tags = $"-colorspace {colours.Matrix} -color_primaries {colours.Primaries} -color_trc {Transfer(colours)} -color_range {colours.Range}";
        return FFMpegArguments
            .FromFileInput(FfmpegArgument.StandardInput, verifyExists: false, input =>
            {
                input
                    .WithStrictRun(limits)
                    .ForceFormat("rawvideo")
                    .WithPixelFormat(options.Planes is null ? "rgb24" : "yuv420p")
                    .WithFrameSize(options.Size.Width, options.Size.Height)
                    .WithCustomArgument($"-framerate {options.FramesPerSecond}");
                if (options.Planes is not null)
                {
                    input.WithCustomArgument(tags);
                }
            })
            .OutputToFile(FfmpegArgument.File(path), overwrite: true, output =>
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
                output.WithSpeedPreset(Preset(options.Mode)).WithThreads(limits.Threads);
                Container(output, isLastStep);
            })
            .Arguments;
    }

    /// <summary>The finished video beside raw interleaved float samples to the whole file; the picture is copied.</summary>
    public static string WithSound(string videoPath, string samplesPath, AudioClip audio, string path, MediaLimits limits) => FFMpegArguments
        .FromFileInput(FfmpegArgument.File(videoPath), verifyExists: false, input => input
            .WithStrictRun(limits)
            .WithUntrusted("mov", limits))
        .AddFileInput(FfmpegArgument.File(samplesPath), verifyExists: false, input => input
            .ForceFormat("f32le")
            .WithAudioSamplingRate(audio.SampleRate)
            .WithCustomArgument(FormattableString.Invariant($"-ac {audio.Channels.Count}")))
        .OutputToFile(FfmpegArgument.File(path), overwrite: true, output =>
        {
            output
                // FFMpegCore's WithMap takes the names of filter outputs only: it puts them in brackets.
                .WithCustomArgument("-map 0:v -map 1:a")
                .WithVideoCodec("copy")
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
            Container(output, isLastStep: true);
        })
        .Arguments;

    private static void Container(FFMpegOutputOptions output, bool isLastStep)
    {
        output.WithFpsMode(FpsMode.Passthrough).WithCustomArgument("-map_metadata -1");
        if (isLastStep)
        {
            // Moving the index to the front rewrites the file, so it is done once.
            output.WithFastStart();
        }

        output.ForceFormat("mp4");
    }

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
