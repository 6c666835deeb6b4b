using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary>A public server that sends us on. {p} is the port of a service on loopback that must not be reached.</summary>
[Fast]
public class RedirectTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{p}/")]
    [InlineData("http://localhost:{p}/")]
    [InlineData("http://[::1]:{p}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{p}/")]
    [InlineData("http://2130706433:{p}/")]
    [InlineData("http://0177.0.0.1:{p}/")]
    [InlineData("//127.0.0.1:{p}/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://192.168.0.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("https://100.100.100.200/")]
    [InlineData("http://private.test/")]
    [InlineData("http://user:secret@public.test/")]
    [InlineData("http://public.test@127.0.0.1:{p}/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:video/mp4;base64,AAAA")]
    [InlineData("gopher://127.0.0.1:{p}/_")]
    [InlineData("ftp://127.0.0.1:{p}/x")]
    [InlineData("\\\\127.0.0.1:{p}/")]
    [InlineData("http:127.0.0.1:{p}/")]
    [InlineData("http://")]
    [InlineData("")]
    public async Task Into_forbidden_space_is_refused_without_a_connection(string target)
    {
        await using TestFetch fetch = new();
        string location = target.Replace("{p}", $"{fetch.Canary.Port}");
        foreach (string status in new[] { "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect" })
        {
            await using RawServer server = new((_, response) => response.RedirectAsync(location, status));
            fetch.Route(server);
            fetch.Resolver.Add("localhost", ["127.0.0.1"]).Add("private.test", ["10.1.2.3"]);
            fetch.Connector.Tried.Clear();

            await fetch.RefusesAsync("http://public.test/v.mp4", FetchKind.Lora);

            Assert.Equal([$"{TestFetch.PublicAddress}:80"], fetch.Connector.Tried.Select(e => e.ToString()));
        }
    }

    [Fact]
    public async Task An_allowed_local_server_opens_no_other_port_of_its_host()
    {
        int canary = 0;
        await using RawServer local = new((_, response) => response.RedirectAsync($"http://127.0.0.1:{canary}/"));
        await using TestFetch fetch = new(o => o.AllowedPrivateHosts = [$"127.0.0.1:{local.Port}"]);
        canary = fetch.Canary.Port;

        await fetch.RefusesAsync(local.Url("/v.mp4"));

        Assert.Equal([local.EndPoint], fetch.Connector.Tried);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public async Task At_most_five_are_followed(int count, bool arrives)
    {
        await using RawServer server = new((request, response) =>
            request.Target == $"/{count}" ? response.OkAsync([7]) : response.RedirectAsync($"/{int.Parse(request.Target[1..]) + 1}"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        if (arrives)
        {
            await using FetchedFile file = await fetch.FetchAsync("http://public.test/0");
            Assert.Equal(1, file.Length);
        }
        else
        {
            Assert.Contains("more than 5", (await fetch.RefusesAsync("http://public.test/0")).Message);
        }
        Assert.Equal(6, server.Requests.Count);
    }

    [Theory]
    [InlineData("next/v.mp4?a=1", "/folder/next/v.mp4?a=1")]
    [InlineData("/v.mp4", "/v.mp4")]
    [InlineData("?q", "/folder/start?q")]
    [InlineData("http://other.test/v.mp4", "/v.mp4")]
    [InlineData("//other.test/v.mp4", "/v.mp4")]
    public async Task Relative_and_absolute_targets_are_followed(string location, string arrivesAt)
    {
        await using RawServer server = new((request, response) =>
            request.Target == "/folder/start" ? response.RedirectAsync(location) : response.OkAsync([7]));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/folder/start");

        Assert.Equal(arrivesAt, server.Requests.Last().Target);
    }

    [Fact]
    public async Task A_redirect_without_a_target_is_an_error()
    {
        await using RawServer server = new((_, response) => response.StatusAsync("302 Found", []));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4");
    }

    [Fact]
    public async Task A_token_goes_to_its_own_origin_and_never_behind_a_redirect_to_another()
    {
        await using RawServer server = new((request, response) => request.Target switch
        {
            "/away" => response.RedirectAsync("http://other.test/v.mp4"),
            "/away-and-back" => response.RedirectAsync("http://other.test/back"),
            "/back" => response.RedirectAsync("http://public.test/v.mp4"),
            "/same" => response.RedirectAsync("/v.mp4"),
            "/port" => response.RedirectAsync("http://public.test:81/v.mp4"),
            _ => response.OkAsync([7]),
        });
        await using TestFetch fetch = new(o => o.HostTokens =
        [
            new HostToken { Origin = "http://public.test", Token = "for-public" },
        ]);
        fetch.Route(server);

        async Task<string[]> TokensAsync(string url)
        {
            server.Requests.Clear();
            await using FetchedFile file = await fetch.FetchAsync(url);
            return [.. server.Requests.Select(r => r.Header("Authorization") ?? "none")];
        }

        Assert.Equal(["Bearer for-public"], await TokensAsync("http://public.test/v.mp4"));
        Assert.Equal(["Bearer for-public", "Bearer for-public"], await TokensAsync("http://public.test/same"));
        Assert.Equal(["Bearer for-public", "none"], await TokensAsync("http://public.test/away"));
        Assert.Equal(["Bearer for-public", "none", "none"], await TokensAsync("http://public.test/away-and-back"));
        Assert.Equal(["Bearer for-public", "none"], await TokensAsync("http://public.test/port"));
        Assert.Equal(["none"], await TokensAsync("http://other.test/v.mp4"));
        Assert.Equal(["none", "none"], await TokensAsync("http://other.test/back"));
    }

    [Fact]
    public async Task A_token_for_https_is_not_sent_over_http()
    {
        using X509Certificate2 certificate = SelfSigned("public.test");
        int plain = 0;
        await using RawServer secure = new((_, response) => response.RedirectAsync($"http://public.test:{plain}/v.mp4"), certificate);
        await using RawServer insecure = new((_, response) => response.OkAsync([7]));
        plain = insecure.Port;
        X509ChainPolicy trust = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(certificate);
        await using TestFetch fetch = new(
            o =>
            {
                o.HostTokens = [new HostToken { Origin = $"https://public.test:{secure.Port}", Token = "secret" }];
                o.AllowedPrivateHosts = ["public.test"];
            },
            certificates: trust);
        fetch.Resolver.Add("public.test", ["127.0.0.1"]);

        await using FetchedFile file = await fetch.FetchAsync($"https://public.test:{secure.Port}/v.mp4");

        Assert.Equal("Bearer secret", Assert.Single(secure.Requests).Header("Authorization"));
        Assert.Null(Assert.Single(insecure.Requests).Header("Authorization"));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using X509Certificate2 certificate = SelfSigned("public.test");
        await using RawServer secure = new((_, response) => response.OkAsync([7]), certificate);
        await using TestFetch fetch = new();
        fetch.Route(secure);

        await fetch.RefusesAsync("https://public.test/v.mp4");

        Assert.Empty(secure.Requests);
    }

    private static X509Certificate2 SelfSigned(string host)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
