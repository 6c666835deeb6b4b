namespace Ltx.Server.Fetch;

internal enum AddressKind
{
    /// <summary>Globally routable unicast.</summary>
    Public,

    /// <summary>Not globally routable; an entry of the allow-list may open it.</summary>
    Local,

    /// <summary>A cloud's metadata service, which hands out credentials: only its exact address in the allow-list opens it.</summary>
    Metadata,

    /// <summary>Names no single host (unspecified, multicast, broadcast, reserved), or one behind a stranger's relay (6to4, Teredo): nothing opens it.</summary>
    Never,
}
