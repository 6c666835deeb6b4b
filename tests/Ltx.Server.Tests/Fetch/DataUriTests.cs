using System.Text;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

[Fast]
public class DataUriTests
{
    [Theory]
    [InlineData("data:video/mp4;base64,aGVsbG8=", "hello", "video/mp4")]
    [InlineData("DATA:video/mp4;BASE64,aGVsbG8=", "hello", "video/mp4")]
    [InlineData("data:video/mp4;base64,aGVsbG8", "hello", "video/mp4")]
    [InlineData("data:video/mp4;base64,aGVs\r\n bG8=\n", "hello", "video/mp4")]
    [InlineData("data:video/mp4;base64,aGVs%0AbG8%3D", "hello", "video/mp4")]
    [InlineData("data:video/mp4;codecs=\"avc1\";base64,aGVsbG8=", "hello", "video/mp4;codecs=\"avc1\"")]
    [InlineData("data:;base64,aGVsbA==", "hell", "text/plain;charset=US-ASCII")]
    [InlineData("data:,a%20b+c", "a b+c", "text/plain;charset=US-ASCII")]
    [InlineData("data:;charset=utf-8,%C3%A4", "ä", "text/plain;charset=utf-8")]
    [InlineData("data:text/plain,a,b;base64,c", "a,b;base64,c", "text/plain")]
    public async Task Is_decoded(string url, string content, string contentType)
    {
        await using TestFetch fetch = new();

        await using FetchedFile file = await fetch.FetchAsync(url);

        Assert.Equal(content, File.ReadAllText(file.Path));
        Assert.Equal(contentType, file.ContentType);
        Assert.Equal(TestFetch.Sha256(Encoding.UTF8.GetBytes(content)), file.Sha256);
    }

    [Theory]
    [InlineData("data:")]
    [InlineData("data:video/mp4")]
    [InlineData("data:video/mp4;base64")]
    [InlineData("data:video/mp4;base64,")]
    [InlineData("data:,")]
    [InlineData("data:video/mp4;base64,a")]
    [InlineData("data:video/mp4;base64,aGVsb")]
    [InlineData("data:video/mp4;base64,aGVsbG8==")]
    [InlineData("data:video/mp4;base64,aGVsbG8=aGVs")]
    [InlineData("data:video/mp4;base64,====")]
    [InlineData("data:video/mp4;base64,aGV$bG8=")]
    [InlineData("data:video/mp4;base64,aGVsbG-_")]
    [InlineData("data:video/mp4;base64,aGVsbG8=#f")]
    [InlineData("data:video/mp4;base64,aGVä")]
    [InlineData("data:text/plain,%")]
    [InlineData("data:text/plain,%4")]
    [InlineData("data:text/plain,%zz")]
    [InlineData("data:text/plain,%+1")]
    [InlineData("data:text/plain,ä")]
    public async Task Malformed_is_an_error(string url)
    {
        await using TestFetch fetch = new();

        await fetch.RefusesAsync(url, FetchKind.Video);
        await fetch.RefusesAsync(url, FetchKind.Lora);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Large_content_is_decoded_over_the_borders_of_its_pieces(int odd)
    {
        byte[] content = TestFetch.RandomBytes(400_000 + odd);
        await using TestFetch fetch = new();

        await using FetchedFile base64 = await fetch.FetchAsync("data:;base64," + Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks));
        await using FetchedFile escaped = await fetch.FetchAsync("data:," + string.Concat(content.Select(b => $"%{b:x2}")));

        Assert.Equal([TestFetch.Sha256(content), TestFetch.Sha256(content)], [base64.Sha256, escaped.Sha256]);
    }

    [Theory]
    [InlineData("data:;base64,", "AAAA", 333_334)]
    [InlineData("data:,", "x", 1_000_001)]
    [InlineData("data:,", "%00", 1_000_001)]
    public async Task The_limit_holds(string start, string unit, int count)
    {
        await using TestFetch fetch = new();

        await fetch.FindsTooLargeAsync(start + string.Concat(Enumerable.Repeat(unit, count)), 1_000_000, FetchKind.Video);
        await fetch.FindsTooLargeAsync(start + string.Concat(Enumerable.Repeat(unit, count)), 1_000_000, FetchKind.Lora);
        await using FetchedFile fits = await fetch.FetchAsync(start + string.Concat(Enumerable.Repeat(unit, count - 1)));
        Assert.InRange(fits.Length, 999_999, 1_000_000);
    }
}
