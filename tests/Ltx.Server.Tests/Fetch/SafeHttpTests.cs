using System.Net;
using System.Net.Sockets;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary>The client as webhooks use it.</summary>
[Fast]
public class SafeHttpTests
{
    [Fact]
    public async Task A_post_reaches_a_public_host_without_anything_of_ours_that_was_not_asked_for()
    {
        await using RawServer server = new((_, response) => response.StatusAsync("200 OK", [], "Set-Cookie: a=b\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);
        using HttpMessageInvoker invoker = fetch.Http.CreateInvoker();

        for (int time = 0; time < 2; time++)
        {
            using HttpResponseMessage response = await PostAsync(invoker, "http://public.test/hook");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.All(server.Requests, request => Assert.Equal(["Content-Length", "Content-Type", "Host"], request.Headers.Keys.Order()));
    }

    [Fact]
    public async Task A_redirect_is_handed_back_and_not_followed()
    {
        await using TestFetch fetch = new();
        await using RawServer server = new((_, response) => response.RedirectAsync($"http://127.0.0.1:{fetch.Canary.Port}/"));
        fetch.Route(server);
        using HttpMessageInvoker invoker = fetch.Http.CreateInvoker();

        using HttpResponseMessage response = await PostAsync(invoker, "http://public.test/hook");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Single(server.Requests);
        Assert.False(fetch.Canary.WasReached);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{p}/hook")]
    [InlineData("http://[::1]:{p}/hook")]
    [InlineData("http://2130706433:{p}/hook")]
    [InlineData("http://10.0.0.1/hook")]
    [InlineData("https://loopback.test:{p}/hook")]
    public async Task A_forbidden_target_is_a_refusal_and_no_connection(string url)
    {
        await using TestFetch fetch = new();
        fetch.Resolver.Add("loopback.test", ["127.0.0.1"]);
        using HttpMessageInvoker invoker = fetch.Http.CreateInvoker();

        HttpRequestException e = await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(invoker, url.Replace("{p}", $"{fetch.Canary.Port}")));

        Assert.True(SafeHttp.IsRefusal(e));
        Assert.Empty(fetch.Connector.Tried);
        Assert.False(fetch.Canary.WasReached);
    }

    [Fact]
    public async Task A_host_without_an_address_is_no_refusal_because_it_may_have_one_later()
    {
        await using RawServer server = new((_, response) => response.OkAsync([]));
        await using TestFetch fetch = new();
        fetch.Route(server);
        fetch.Resolver.Add("late.test", [], [TestFetch.PublicAddress]);
        using HttpMessageInvoker invoker = fetch.Http.CreateInvoker();

        Assert.False(SafeHttp.IsRefusal(await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(invoker, "http://missing.test/hook"))));
        Assert.False(SafeHttp.IsRefusal(await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(invoker, "http://late.test/hook"))));
        using HttpResponseMessage response = await PostAsync(invoker, "http://late.test/hook");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_dead_host_is_no_refusal_and_its_other_address_is_tried()
    {
        await using RawServer server = new((_, response) => response.OkAsync([]));
        await using TestFetch fetch = new();
        // A port that is taken and that nobody listens on: a free one could be another test's a moment later.
        using Socket dead = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        dead.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        fetch.Connector.Internet[IPAddress.Parse(TestFetch.PublicAddress)] = (IPEndPoint)dead.LocalEndPoint!;
        fetch.Connector.Internet[IPAddress.Parse(TestFetch.OtherAddress)] = server.EndPoint;
        fetch.Resolver.Add("two.test", [TestFetch.PublicAddress, TestFetch.OtherAddress]);
        using HttpMessageInvoker invoker = fetch.Http.CreateInvoker();

        Assert.False(SafeHttp.IsRefusal(await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(invoker, "http://public.test/hook"))));
        using HttpResponseMessage response = await PostAsync(invoker, "http://two.test/hook");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpMessageInvoker invoker, string url)
    {
        HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new StringContent("{}") };
        return invoker.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
