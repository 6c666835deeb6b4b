using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

[Fast]
public class RedactionTests
{
    [Theory]
    [InlineData("https://h.test/a/b.mp4", "https://h.test/a/b.mp4")]
    [InlineData("https://h.test/a?token=SECRET", "https://h.test/a?[redacted]")]
    [InlineData("https://h.test/a#SECRET", "https://h.test/a?[redacted]")]
    [InlineData("https://user:SECRET@h.test/a", "https://[redacted]@h.test/a")]
    [InlineData("https://user:SE/CRET@h.test/a", "https://[redacted]@h.test/a")]
    [InlineData("https://user:SE?CRET@h.test/a", "https://[redacted]?[redacted]")]
    [InlineData("https://user:SE#CRET@h.test/a", "https://[redacted]?[redacted]")]
    [InlineData("https://user:SE/CR?ET@h.test/a", "https://[redacted]?[redacted]")]
    [InlineData("https://h.test:81/a?mail=x@SECRET", "https://h.test:81/a?[redacted]")]
    [InlineData("https://[fd00::5]/a?mail=x@SECRET", "https://[fd00::5]/a?[redacted]")]
    [InlineData("https:user:SECRET@h.test/a", "https:[redacted]@h.test/a")]
    [InlineData("user:SECRET@h.test/a?SECRET", "user:[redacted]@h.test/a?[redacted]")]
    [InlineData("data:video/mp4;base64,SECRET", "data:video/mp4;base64,[6 characters]")]
    [InlineData("data:SECRET", "data:[11 characters]")]
    [InlineData("https://h.test/a\r\nINFO: SECRET line?", "https://h.test/a??INFO: SECRET line?[redacted]")]
    [InlineData("", "")]
    public void Shows_where_but_no_secrets(string url, string shown) => Assert.Equal(shown, Redaction.Url(url));

    [Fact]
    public void Cuts_what_is_long() => Assert.InRange(Redaction.Url("https://h.test/" + new string('x', 10_000)).Length, 1, 320);

    [Theory]
    [InlineData("http://public.test/ok?token=SECRET")]
    [InlineData("http://public.test/missing?token=SECRET")]
    [InlineData("http://public.test/away?token=SECRET")]
    [InlineData("http://public.test/drops?token=SECRET")]
    [InlineData("http://public.test/loop?token=SECRET")]
    [InlineData("http://private.test/?token=SECRET")]
    [InlineData("http://user:SECRET@public.test/")]
    [InlineData("http://public.test:x/?SECRET")]
    [InlineData("gopher://SECRET@public.test/?SECRET")]
    [InlineData("file:///etc/x?SECRET")]
    [InlineData("data:text/plain,SECRET%")]
    public async Task Neither_logs_nor_errors_tell_secrets(string url)
    {
        await using RawServer server = new((request, response) => request.Target.Split('?')[0] switch
        {
            "/ok" => response.OkAsync([1]),
            "/away" => response.RedirectAsync("http://user:SECRET@other.test/?SECRET"),
            "/loop" => response.RedirectAsync("/loop?SECRET"),
            "/drops" => response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1"),
            _ => response.StatusAsync("404 SECRET", []),
        });
        await using TestFetch fetch = new();
        fetch.Route(server);
        fetch.Resolver.Add("private.test", ["10.0.0.1"]);

        foreach (FetchKind kind in new[] { FetchKind.Video, FetchKind.Lora })
        {
            if (url.Contains("/ok"))
            {
                await (await fetch.FetchAsync(url, kind)).DisposeAsync();
                continue;
            }
            FetchException e = await fetch.RefusesAsync(url, kind);
            Assert.DoesNotContain("SECRET", e.ToString());
            Assert.DoesNotContain("SECRET", e.FalMessage);
            Assert.Equal(e.Message.Length - 1, e.Message.LastIndexOf('.'));
        }
        Assert.NotEmpty(fetch.Log.Lines);
        Assert.All(fetch.Log.Lines, line => Assert.DoesNotContain("SECRET", line));
        Assert.DoesNotContain("SECRET", new FetchRequest(url, FetchKind.Lora).ToString());
    }
}
