using System.Net;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

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
