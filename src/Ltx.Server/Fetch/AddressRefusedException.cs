namespace Ltx.Server.Fetch;

/// <summary>The guard let no connection be made: a permanent failure, trying again is pointless. The message names addresses and is for our log only.</summary>
internal sealed class AddressRefusedException(string message, Exception? inner = null) : Exception(message, inner);
