namespace Ltx.Server.Fal;

/// <summary>Messages that fal's live answers carry word for word and existing programs may match on (contract, 5.1 and 2.4).</summary>
internal static class FalMessages
{
    /// <summary>The most characters of a message of ours, in answers and in a request's log.</summary>
    public const int Longest = 2000;

    public const string DownloadFailed = "Failed to download the file. Please check if the URL is accessible and try again.";

    public const string ContentRefused = "The content could not be processed because it contained material flagged by a content checker.";

    public const string StillInProgress = "Request is still in progress";

    /// <summary>The application is the one that the path leads to.</summary>
    public static string AuthenticationRequired(string path) =>
        $"Cannot access application \"{Applications.AppOf(path) ?? InpaintSchema.App}\". Authentication is required to access this application.";

    public const string InvalidKey = "invalid key credentials";

    /// <summary>A trainer's answer where the operator has none.</summary>
    public static FalDetail NotTraining =>
        new("feature_not_supported", ["body"], "This server does not train: its operator has turned Training:Enabled off.");

    /// <summary>The message, without its middle where it is too long.</summary>
    public static string Shorten(string message)
    {
        if (message.Length <= Longest)
        {
            return message;
        }

        // A character of two halves is not cut in two: JSON cannot hold a half.
        var (head, tail) = (Longest * 7 / 10, message.Length - (Longest / 4));
        head -= char.IsHighSurrogate(message[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(message[tail]) ? 1 : 0;
        return $"{message.AsSpan(0, head)} [...] {message.AsSpan(tail)}";
    }
}
