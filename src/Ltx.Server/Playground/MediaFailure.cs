using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>A failure of ffmpeg as an answer: the file's own as 422 at its field, the machine's as 500.</summary>
internal sealed partial class MediaFailure(ILogger<MediaFailure> logger)
{
    public FalError Answer(HttpContext context, MediaException e, IReadOnlyList<object> location)
    {
        if (e.Fault == MediaFault.Input)
        {
            Refused(logger, context.Request.Path, e.Message, e.LastWords);
            return FalError.Invalid(MediaRefusal.Of(e, location, url: null, MediaLimits.Default));
        }

        Failed(logger, context.Request.Path, e.LastWords, e);
        return FalError.Model(500, "internal_server_error", e.Message, retryable: true);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: {Sentence} ffmpeg's last words: {LastWords}")]
    private static partial void Refused(ILogger logger, string path, string sentence, string lastWords);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} failed. ffmpeg's last words: {LastWords}")]
    private static partial void Failed(ILogger logger, string path, string lastWords, Exception e);
}
