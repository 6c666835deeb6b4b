using Ltx.Server.Commands;
using Ltx.Server.Queue;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

[Fast]
public class RequestsAccessTests
{
    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("https://127.0.0.1:0")]
    public async Task The_operator_reaches_the_queue_with_and_without_a_server(string url)
    {
        using TempFolder data = new();
        List<string> ids = [];
        await using (var server = await TestServer.StartAsync(o => (o.Server.Urls, o.Queue.DrainSeconds) = (url, 0), new FakeEngine { FourthStep = new() }, data.Path))
        {
            for (var i = 0; i < 3; i++)
            {
                ids.Add((await server.Queue.SubmitAsync(TestServer.NewRequest(), TestServer.NoBounds)).Request!.Id);
            }

            using var online = RequestsAccess.Open(data.Path);
            Assert.IsType<ServerRequestsAccess>(online);
            Assert.Equal(3, (await online.ListAsync(10, null, null, default)).Count);
            Assert.Equal(ids[1], await RequestsCommand.WholeAsync(online, ids[1][..8].ToUpperInvariant(), default));
            Assert.StartsWith("There is no request x",
                (await Assert.ThrowsAsync<RequestsAccessException>(() => RequestsCommand.WholeAsync(online, "x", default))).Message,
                StringComparison.Ordinal);
            Assert.Contains("CANCELLATION_REQUESTED", await online.CancelAsync(ids[2], default), StringComparison.Ordinal);
            Assert.Equal("client_cancelled", (await online.ShowAsync(ids[2], default)).GetProperty("error_type").GetString());
            await Assert.ThrowsAsync<RequestsAccessException>(() => online.DeleteAsync(ids[0], default));
        }

        using var offline = RequestsAccess.Open(data.Path);
        Assert.IsType<FolderRequestsAccess>(offline);
        Assert.Equal(
            ["IN_QUEUE", "IN_QUEUE", "COMPLETED"],
            await ids.ToAsyncEnumerable().Select(async (string id, CancellationToken ct) => (await offline.ShowAsync(id, ct)).GetProperty("status").GetString()).ToListAsync());
        Assert.Equal(2, (await offline.ListAsync(10, "IN_QUEUE", null, default)).Count);
        Assert.Equal(ids[1], await RequestsCommand.WholeAsync(offline, ids[1][..8], default));
        await offline.CancelAsync(ids[1], default);
        await Assert.ThrowsAsync<RequestsAccessException>(() => offline.CancelAsync(ids[1], default));
        await offline.DeleteAsync(ids[1], default);
        Assert.Equal("null", (await offline.ShowAsync(ids[1], default)).GetProperty("input").GetRawText());
        await Assert.ThrowsAsync<RequestsAccessException>(() => offline.ShowAsync("nobody", default));
        Assert.Throws<RequestsAccessException>(() => RequestsAccess.Open(Path.Combine(data.Path, "elsewhere")));
    }

    [Fact]
    public async Task More_requests_than_the_server_gives_at_once_are_all_listed_newest_first()
    {
        using TempFolder data = new();
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() }, data: data.Path);
        List<string> ids = [];
        for (var i = 0; i < 130; i++)
        {
            ids.Insert(0, (await server.Queue.SubmitAsync(TestServer.NewRequest(), TestServer.NoBounds)).Request!.Id);
        }

        using var online = RequestsAccess.Open(data.Path);
        Assert.Equal(ids[..120], (await online.ListAsync(120, null, null, default)).Select(request => request.GetProperty("request_id").GetString()));
        server.Engine.FourthStep!.Open();
    }
}
