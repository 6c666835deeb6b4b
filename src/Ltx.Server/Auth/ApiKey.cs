namespace Ltx.Server.Auth;

/// <summary>One configured key: the name that owns its requests, the hash of its secret, its limits (0 = none).</summary>
internal sealed record ApiKey(string Name, byte[] Hash, int MaxWaiting, int RequestsPerMinute);
