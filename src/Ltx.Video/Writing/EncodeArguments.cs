using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;

namespace Ltx.Video.Writing;

/// <summary>The command lines of <see cref="VideoWriter"/>.</summary>
internal static class EncodeArguments
{
    private const int AudioBitrateKilobits = 192;
    private const int AudioSampleRate = 48000;

    /// <summary>Raw RGB24 frames on standard input to a video file without sound.</summary>
    public static string Picture(string path, VideoWriteOptions options, bool isLastStep)
    {
        var limits = options.Limits;
        return FFMpegArguments
            .FromFileInput(FfmpegArgument.StandardInput, verifyExists: false, input => input
                .WithStrictRun(limits)
                .ForceFormat("rawvideo")
                .WithPixelFormat("rgb24")
                .WithFrameSize(options.Size.Width, options.Size.Height)
                .WithCustomArgument($"-framerate {options.FramesPerSecond}"))
            .OutputToFile(FfmpegArgument.File(path), overwrite: true, output =>
            {
                if (options.Quality == VideoQuality.Lossless)
                {
                    output.WithVideoCodec("libx264rgb").WithConstantRateFactor(0).WithPixelFormat("rgb24");
                }
                else
                {
                    output
                        .WithVideoFilters(filters => filters
                            .WithCustomFilter(
                                "scale", "out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp")
                            .WithCustomFilter("format", "yuv420p"))
                        .WithVideoCodec("libx264")
                        .WithConstantRateFactor(Crf(options.Quality))
                        .WithCustomArgument("-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv");
                }

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

    private static int Crf(VideoQuality quality) => quality switch
    {
        VideoQuality.Low => 28,
        VideoQuality.Medium => 23,
        VideoQuality.High => 18,
        VideoQuality.Maximum => 12,
        _ => throw new ArgumentOutOfRangeException(nameof(quality), quality, "Unknown quality."),
    };

    private static EncoderPreset Preset(WriteMode mode) => mode switch
    {
        WriteMode.Fast => EncoderPreset.SuperFast,
        WriteMode.Balanced => EncoderPreset.Medium,
        WriteMode.Small => EncoderPreset.VerySlow,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Unknown mode."),
    };
}
