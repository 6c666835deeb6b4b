namespace Ltx.Server.Auth;

/// <summary>Who may call a route; set as metadata of the endpoint.</summary>
internal enum Access
{
    /// <summary>A key, or a loopback caller while no key is configured.</summary>
    Key,

    /// <summary>As <see cref="Key"/>, or the short-lived token that fal's Python client gets for uploads.</summary>
    UploadToken,

    /// <summary>No key: the URL itself is the secret, or nothing is secret. Still loopback only while no key is configured.</summary>
    Capability,

    /// <summary>Everybody from everywhere: probes.</summary>
    Open,

    /// <summary>/metrics: loopback callers, holders of a key, or everybody where the operator says so.</summary>
    Metrics,
}

/// <summary>Carries <see cref="Access"/> on an endpoint.</summary>
internal sealed record AccessMetadata(Access Access);
