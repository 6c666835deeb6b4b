namespace Ltx.Server.Files;

/// <summary>The disk budget leaves no room for what was asked. The message is for the client.</summary>
internal sealed class StorageFullException(string message) : Exception(message);
