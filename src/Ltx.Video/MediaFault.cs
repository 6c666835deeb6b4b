namespace Ltx.Video;

/// <summary>Whose fault a <see cref="MediaException"/> is.</summary>
public enum MediaFault
{
    /// <summary>The file that was handed in cannot be used: the user can mend it (HTTP 4xx).</summary>
    Input,

    /// <summary>This machine cannot do its work: ffmpeg is missing, the disk is full, a time limit is too short (HTTP 5xx).</summary>
    Server,
}
