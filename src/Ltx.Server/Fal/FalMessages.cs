namespace Ltx.Server.Fal;

/// <summary>Messages that fal's live answers carry word for word and existing programs may match on (contract, 5.1 and 2.4).</summary>
internal static class FalMessages
{
    public const string DownloadFailed = "Failed to download the file. Please check if the URL is accessible and try again.";

    public const string ContentRefused = "The content could not be processed because it contained material flagged by a content checker.";

    public const string StillInProgress = "Request is still in progress";

    public const string AuthenticationRequired = $"Cannot access application \"{InpaintSchema.App}\". Authentication is required to access this application.";

    public const string InvalidKey = "invalid key credentials";
}
