using System.Net;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

[Fast]
public class PrivateHostsTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "x.test", "10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", "x.test", "11.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", "x.test", "192.168.1.1", 80, false)]
    [InlineData("10.0.0.5", "x.test", "10.0.0.5", 80, true)]
    [InlineData("10.0.0.5", "x.test", "10.0.0.6", 80, false)]
    [InlineData("10.0.0.5:9000", "x.test", "10.0.0.5", 9000, true)]
    [InlineData("10.0.0.5:9000", "x.test", "10.0.0.5", 80, false)]
    [InlineData("::1", "x.test", "::1", 80, true)]
    [InlineData("[::1]:9000", "x.test", "::1", 9000, true)]
    [InlineData("[::1]:9000", "x.test", "::1", 80, false)]
    [InlineData("fd00::/8", "x.test", "fd12::1", 80, true)]
    [InlineData("nas.lan", "nas.lan", "192.168.1.1", 80, true)]
    [InlineData("NAS.lan", "nas.lan", "127.0.0.1", 80, true)]
    [InlineData("nas.lan:81", "nas.lan", "127.0.0.1", 80, false)]
    [InlineData("nas.lan", "evil-nas.lan", "192.168.1.1", 80, false)]
    [InlineData("nas.lan", "sub.nas.lan", "192.168.1.1", 80, false)]
    [InlineData("*.lan", "nas.lan", "192.168.1.1", 80, true)]
    [InlineData("*.lan", "lan", "192.168.1.1", 80, false)]
    [InlineData("*.lan", "evillan", "192.168.1.1", 80, false)]
    // Credentials of the machine itself: neither a name nor a range opens them.
    [InlineData("nas.lan", "nas.lan", "169.254.169.254", 80, false)]
    [InlineData("169.254.0.0/16", "x.test", "169.254.169.254", 80, false)]
    [InlineData("0.0.0.0/0", "x.test", "100.100.100.200", 80, false)]
    [InlineData("fd00::/8", "x.test", "fd00:ec2::254", 80, false)]
    [InlineData("169.254.169.254", "x.test", "169.254.169.254", 80, true)]
    // Azure's looks public, and is not open as public addresses are.
    [InlineData("168.63.129.16", "x.test", "168.63.129.16", 80, true)]
    [InlineData("168.63.129.16:80", "x.test", "168.63.129.16", 32526, false)]
    [InlineData("168.63.129.0/24", "x.test", "168.63.129.16", 80, false)]
    [InlineData("168.63.129.16/32", "x.test", "168.63.129.16", 80, false)]
    [InlineData("wire.lan", "wire.lan", "168.63.129.16", 80, false)]
    [InlineData("*.lan", "wire.lan", "168.63.129.16", 80, false)]
    // Through a translator it is the same service, also where the operator opened the translator's range.
    [InlineData("64:ff9b::/96", "x.test", "64:ff9b::169.254.169.254", 80, false)]
    [InlineData("169.254.169.254", "x.test", "64:ff9b::169.254.169.254", 80, false)]
    [InlineData("64:ff9b::/96", "x.test", "64:ff9b::10.0.0.1", 80, true)]
    [InlineData("64:ff9b:1::/48", "x.test", "64:ff9b:1::10.0.0.1", 80, true)]
    [InlineData("64:ff9b:1::/48", "x.test", "64:ff9b:1::169.254.169.254", 80, false)]
    [InlineData("64:ff9b:1::/48", "x.test", "64:ff9b:1:a9fe:a9:fe00::", 80, false)]
    [InlineData("64:ff9b:1::/48", "x.test", "64:ff9b:1:a9:fe:a9fe::", 80, false)]
    [InlineData("64:ff9b:1::/48", "x.test", "64:ff9b:1:0:a9:fea9:fe00:0", 80, false)]
    // 6to4 and Teredo go through a stranger's relay, wherever they lead.
    [InlineData("::/0", "x.test", "2002:5db8:d822::1", 80, false)]
    [InlineData("2002:5db8:d822::1", "x.test", "2002:5db8:d822::1", 80, false)]
    [InlineData("nas.lan", "nas.lan", "2002:a9fe:a9fe::1", 80, false)]
    [InlineData("nas.lan", "nas.lan", "2001:0:4136:e378:8000:63bf:80ff:fffe", 80, false)]
    // No single host.
    [InlineData("0.0.0.0/0", "x.test", "0.0.0.0", 80, false)]
    [InlineData("0.0.0.0", "x.test", "0.0.0.0", 80, false)]
    [InlineData("224.0.0.0/4", "x.test", "224.0.0.1", 80, false)]
    [InlineData("::/0", "x.test", "ff02::1", 80, false)]
    [InlineData("::/0", "x.test", "::", 80, false)]
    public void Opens_what_it_names(string entry, string host, string address, int port, bool allowed)
    {
        List<string> errors = [];
        PrivateHosts hosts = PrivateHosts.Parse([entry], errors);

        Assert.Empty(errors);
        Assert.Equal(allowed, hosts.Allows(host, IPAddress.Parse(address), port, AddressRules.Judge(IPAddress.Parse(address))));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("64:ff9b::8.8.8.8")]
    public void The_internet_is_public(string address) => Assert.Equal(AddressKind.Public, AddressRules.Judge(IPAddress.Parse(address)));

    [Theory]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("169.254.170.23")]
    [InlineData("169.254.0.23")]
    [InlineData("192.0.0.192")]
    [InlineData("100.100.100.200")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd00:ec2::23")]
    [InlineData("fd20:ce::254")]
    [InlineData("64:ff9b::168.63.129.16")]
    public void Metadata_services_are_known_as_such(string address) => Assert.Equal(AddressKind.Metadata, AddressRules.Judge(IPAddress.Parse(address)));

    [Fact]
    public async Task An_intranet_server_by_name_is_reached_and_its_neighbour_is_not()
    {
        await using RawServer server = new((_, response) => response.OkAsync([1]));
        await using TestFetch fetch = new(o => o.AllowedPrivateHosts = ["nas.lan"]);
        fetch.Resolver.Add("nas.lan", ["127.0.0.1"]).Add("router.lan", ["127.0.0.1"]);

        await fetch.RefusesAsync($"http://router.lan:{server.Port}/v.mp4");
        Assert.Empty(fetch.Connector.Tried);
        await using FetchedFile file = await fetch.FetchAsync($"http://nas.lan:{server.Port}/v.mp4");

        Assert.Equal(1, file.Length);
    }
}
