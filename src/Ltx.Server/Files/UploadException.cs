using Ltx.Server.Fal;

namespace Ltx.Server.Files;

/// <summary>An upload is the client's fault: the status and a sentence for the answer.</summary>
internal sealed class UploadException(int status, string message) : Exception(message), IFalAnswer
{
    public FalError Answer => FalError.Plain(status, Message);
}
