using System.Globalization;
using System.Text.Json;
using FFMpegCore;
using Ltx.Video.Probing;
using Ltx.Video.Processes;

namespace Ltx.Video;

/// <summary>Finds out what a file is, without decoding more than its beginning.</summary>
public static class MediaProbe
{
    /// <summary>Looks at the file at <paramref name="path"/>.</summary>
    /// <param name="path">Any name; it is never read as an option, a protocol or a pattern.</param>
    /// <param name="limits">Bounds of this and of all later reading of the file; null for the defaults.</param>
    /// <param name="role">What the file is to the user, such as "the source video"; begins the sentences of errors.</param>
    /// <param name="cancellationToken">Kills ffprobe.</param>
    /// <exception cref="MediaException">The file is missing, unreadable, of no known format, without a picture, or too large.</exception>
    public static async Task<MediaInfo> ProbeAsync(
        string path, MediaLimits? limits = null, string role = "the file", CancellationToken cancellationToken = default)
    {
        limits ??= MediaLimits.Default;
        path = System.IO.Path.GetFullPath(path);
        var format = await RecogniseAsync(path, role, cancellationToken).ConfigureAwait(false);
        var analysis = await AnalyseAsync(path, format, limits, role, cancellationToken).ConfigureAwait(false);
        List<FFProbeStream> sound = [.. analysis.Streams.Where(IsSound)];
        // The marked one first; OrderBy keeps the file's order among the others.
        List<FFProbeStream> pictures = [.. analysis.Streams.Where(IsPicture).OrderByDescending(stream => StreamFacts.HasDisposition(stream, "default"))];
        var isCutShort = await DeclaredLength.IsMissedAsync(path, format, cancellationToken).ConfigureAwait(false);
        MediaInfo Describe(FFProbeStream picture) =>
            StreamFacts.Describe(path, role, format, limits, analysis, picture, sound) with { IsCutShort = isCutShort };
        return pictures.Count switch
        {
            0 => throw MediaException.Input(
                format.IsStill ? MediaProblem.DamagedPicture : MediaProblem.Format, role, sound.Count > 0 ? "has sound but no picture" : "has no picture that can be decoded"),
            1 => Describe(pictures[0]),
            _ => await ChooseAsync(pictures, Describe, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The first whose beginning can be decoded: what a file marks as its picture may be of a kind that ffmpeg does not know.</summary>
    private static async Task<MediaInfo> ChooseAsync(List<FFProbeStream> pictures, Func<FFProbeStream, MediaInfo> describe, CancellationToken cancellationToken)
    {
        List<int> passedOver = [];
        MediaException? first = null;
        foreach (var picture in pictures)
        {
            try
            {
                var info = describe(picture);
                await VideoReader.TryFirstAsync(info, cancellationToken).ConfigureAwait(false);
                var text = FormattableString.Invariant($"has {pictures.Count} pictures; stream {info.VideoIndex} ({info.Codec}, {info.Stored}) is used");
                return info with { Choice = MediaException.Sentence(info.Role, passedOver.Count == 0 ? text : $"{text}, because {string.Join(" and ", passedOver)} cannot be decoded") };
            }
            catch (MediaException exception) when (exception.Fault == MediaFault.Input)
            {
                first ??= exception;
                passedOver.Add(picture.Index);
            }
        }

        throw first!;
    }

    private static async Task<InputFormat> RecogniseAsync(string path, string role, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            throw MediaException.Input(MediaProblem.Format, role, "is a folder, not a file");
        }

        var head = new byte[InputFormat.HeadBytes];
        int length;
        try
        {
            if (File.Exists(path) && !HasLength(path))
            {
                throw MediaException.Input(MediaProblem.Format, role, "is empty, or is not a regular file");
            }

            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw MediaException.Input(MediaProblem.Format, role, "does not exist");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // We stored the file, or were told where it is: that we may not read it is for the operator to mend.
            throw new MediaException(MediaFault.Server, MediaException.Sentence(role, "cannot be read from the disk"), innerException: exception);
        }

        if (InputFormat.IsAnimatedWebP(head.AsSpan(0, length)))
        {
            throw MediaException.Input(MediaProblem.Format, role, "is an animated WebP, which cannot be decoded; send it as MP4, WebM or GIF");
        }

        return InputFormat.Recognise(head.AsSpan(0, length))
            ?? throw MediaException.Input(MediaProblem.Format, role, "is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV");
    }

    /// <summary>
    /// False for empty files, pipes and devices. Asking does not open the file: opening a pipe would wait for a writer for ever, and a device
    /// may never end.
    /// </summary>
    private static bool HasLength(string path) =>
        // A link's own length is that of its text; one of the system's links to a pipe (/dev/stdin) leads to a name that does not exist.
        (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)) is FileInfo { Exists: true, Length: > 0 };

    private static async Task<FFProbeAnalysis> AnalyseAsync(
        string path, InputFormat format, MediaLimits limits, string role, CancellationToken cancellationToken)
    {
        // FFMpegCore's own FFProbe has no time limit, no whitelist and no bound on what it collects; its arguments and its model of the answer
        // are used, its process is not.
        var input = FFMpegArguments
            .FromFileInput(FfmpegArgument.File(path), verifyExists: false, options => options
                .WithCustomArgument("-hide_banner -loglevel error")
                .WithUntrusted(format.Demuxer, limits))
            .OutputToNull()
            .Arguments;
        // ffprobe takes the same input options, but has no output to name.
        var arguments = input[..input.LastIndexOf(" -f null", StringComparison.Ordinal)] + " -show_format -show_streams -print_format json";

        using var json = new MemoryStream();
        var result = await FfmpegTool
            .RunFfprobeAsync(arguments, limits, MemoryBound.Probing(limits, role), (stream, _, token) => stream.CopyToAsync(json, token), cancellationToken)
            .ConfigureAwait(false);
        if (result.ExitCode != 0 || FfmpegFailure.SaysTooLarge(result))
        {
            throw FfmpegFailure.WhileReading(role, result, format.IsStill ? MediaKind.StillImage : MediaKind.Video, limits);
        }

        return JsonSerializer.Deserialize<FFProbeAnalysis>(json.ToArray())
            ?? throw new MediaException(MediaFault.Server, "ffprobe gave no answer.", result.LastWords, result.ExitCode);
    }

    private static bool IsPicture(FFProbeStream stream) =>
        stream is { CodecType: "video", Width: > 0, Height: > 0 } && !StreamFacts.HasDisposition(stream, "attached_pic");

    private static bool IsSound(FFProbeStream stream) =>
        stream is { CodecType: "audio", Channels: > 0 }
        && int.TryParse(stream.SampleRate, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate > 0;
}
