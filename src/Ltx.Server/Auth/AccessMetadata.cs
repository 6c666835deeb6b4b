namespace Ltx.Server.Auth;

/// <summary>Carries <see cref="Access"/> on an endpoint.</summary>
internal sealed record AccessMetadata(Access Access);
