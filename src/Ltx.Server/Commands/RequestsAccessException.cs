namespace Ltx.Server.Commands;

/// <summary>What the operator asked for cannot be done; the message says why.</summary>
/// <param name="usersFault">whether what was asked for cannot be, and not only not now</param>
internal sealed class RequestsAccessException(string message, bool usersFault = true) : Exception(message)
{
    public bool UsersFault { get; } = usersFault;
}
