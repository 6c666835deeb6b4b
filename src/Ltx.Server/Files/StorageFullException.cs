using Ltx.Server.Fal;

namespace Ltx.Server.Files;

/// <summary>The disk budget leaves no room for what was asked. The message is for the client.</summary>
internal sealed class StorageFullException(string message) : Exception(message), IFalAnswer
{
    public FalError Answer => FalError.Infrastructure(507, "internal_error", Message);
}
