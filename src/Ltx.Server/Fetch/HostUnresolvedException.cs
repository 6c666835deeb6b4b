namespace Ltx.Server.Fetch;

/// <summary>
/// The host has no address at this moment. Unlike <see cref="AddressRefusedException"/> this may pass: a webhook is not given up because a name server is
/// down. A client that names the host is told the same of both.
/// </summary>
internal sealed class HostUnresolvedException(string message, Exception? inner = null) : Exception(message, inner);
