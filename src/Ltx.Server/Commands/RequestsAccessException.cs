namespace Ltx.Server.Commands;

/// <summary>What the operator asked for cannot be done; the message says why.</summary>
internal sealed class RequestsAccessException(string message) : Exception(message);
