using System.Net;
using System.Net.Sockets;

namespace Ltx.Server.Fetch;

/// <summary>
/// Which addresses are the public internet, from IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates).
/// IPv4 lists what is refused; IPv6 lists what is accepted, 2000::/3, and the holes in it.
/// </summary>
internal static class AddressRules
{
    private static readonly (IPNetwork Network, AddressKind Kind)[] SpecialV4 =
    [
        (IPNetwork.Parse("0.0.0.0/8"), AddressKind.Never),          // "this network": Linux connects 0.0.0.0 to loopback
        (IPNetwork.Parse("10.0.0.0/8"), AddressKind.Local),         // private
        (IPNetwork.Parse("100.64.0.0/10"), AddressKind.Local),      // carrier-grade NAT
        (IPNetwork.Parse("127.0.0.0/8"), AddressKind.Local),        // loopback
        (IPNetwork.Parse("169.254.0.0/16"), AddressKind.Local),     // link-local
        (IPNetwork.Parse("172.16.0.0/12"), AddressKind.Local),      // private
        (IPNetwork.Parse("192.0.0.0/24"), AddressKind.Local),       // IETF protocol assignments
        (IPNetwork.Parse("192.0.2.0/24"), AddressKind.Local),       // documentation
        (IPNetwork.Parse("192.88.99.0/24"), AddressKind.Local),     // 6to4 relays, withdrawn
        (IPNetwork.Parse("192.168.0.0/16"), AddressKind.Local),     // private
        (IPNetwork.Parse("198.18.0.0/15"), AddressKind.Local),      // benchmarks
        (IPNetwork.Parse("198.51.100.0/24"), AddressKind.Local),    // documentation
        (IPNetwork.Parse("203.0.113.0/24"), AddressKind.Local),     // documentation
        (IPNetwork.Parse("224.0.0.0/4"), AddressKind.Never),        // multicast
        (IPNetwork.Parse("240.0.0.0/4"), AddressKind.Never),        // reserved, and broadcast
    ];

    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork MulticastV6 = IPNetwork.Parse("ff00::/8");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork LocalNat64 = IPNetwork.Parse("64:ff9b:1::/48");

    /// <summary>An IPv4 address in disguise, through somebody else's relay.</summary>
    private static readonly IPNetwork[] Relayed = [IPNetwork.Parse("2001::/32") /* Teredo */, IPNetwork.Parse("2002::/16") /* 6to4 */];

    /// <summary>Where the four bytes of the IPv4 address are below a prefix of 48, 56, 64 or 96 bits: RFC 6052, 2.2, which leaves byte 8 out.</summary>
    private static readonly int[][] InLocalNat64 = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]];

    private static readonly IPNetwork[] HolesInGlobalV6 =
    [
        IPNetwork.Parse("2001::/23"),       // protocol assignments: benchmarks, ORCHID
        IPNetwork.Parse("2001:db8::/32"),   // documentation
        IPNetwork.Parse("3fff::/20"),       // documentation
    ];

    /// <summary>Credentials live here. 168.63.129.16 and 192.0.0.192 are the ones that do not look it: one is public, the other a protocol assignment.</summary>
    private static readonly IPAddress[] MetadataServices =
    [
        IPAddress.Parse("169.254.169.254"),     // AWS, Google Cloud, Azure, Oracle, DigitalOcean and others
        IPAddress.Parse("169.254.170.2"),       // AWS ECS task credentials
        IPAddress.Parse("169.254.170.23"),      // AWS EKS pod identity
        IPAddress.Parse("169.254.0.23"),        // Tencent Cloud
        IPAddress.Parse("168.63.129.16"),       // Azure's wire server
        IPAddress.Parse("192.0.0.192"),         // Oracle Cloud
        IPAddress.Parse("100.100.100.200"),     // Alibaba Cloud
        IPAddress.Parse("fd00:ec2::254"),       // AWS over IPv6
        IPAddress.Parse("fd00:ec2::23"),        // AWS EKS over IPv6
        IPAddress.Parse("fd20:ce::254"),        // Google Cloud over IPv6
    ];

    /// <summary>The address that a connection would really reach: an IPv4-mapped one is its IPv4 address.</summary>
    public static IPAddress Canonical(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <param name="address">A canonical address, see <see cref="Canonical"/>.</param>
    public static AddressKind Judge(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return JudgeV4(address);
        }
        if (address.Equals(IPAddress.IPv6Any) || MulticastV6.Contains(address) || Relayed.Any(network => network.Contains(address)))
        {
            return AddressKind.Never;
        }
        if (IsMetadata(address))
        {
            return AddressKind.Metadata;
        }
        // On an IPv6-only network DNS64 writes every public IPv4 host like this, so it is judged by the IPv4 address inside.
        if (Nat64.Contains(address))
        {
            return JudgeV4(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        }
        // The operator's own translator reaches what it likes, credentials too: opening its range must not open those.
        if (LocalNat64.Contains(address))
        {
            byte[] bytes = address.GetAddressBytes();
            return InLocalNat64.Any(at => IsMetadata(new IPAddress([.. at.Select(i => bytes[i])]))) ? AddressKind.Metadata : AddressKind.Local;
        }
        return GlobalV6.Contains(address) && !HolesInGlobalV6.Any(hole => hole.Contains(address)) ? AddressKind.Public : AddressKind.Local;
    }

    private static AddressKind JudgeV4(IPAddress address)
    {
        if (IsMetadata(address))
        {
            return AddressKind.Metadata;
        }
        foreach ((IPNetwork network, AddressKind kind) in SpecialV4)
        {
            if (network.Contains(address))
            {
                return kind;
            }
        }
        return AddressKind.Public;
    }

    private static bool IsMetadata(IPAddress address) => MetadataServices.Contains(address);
}
