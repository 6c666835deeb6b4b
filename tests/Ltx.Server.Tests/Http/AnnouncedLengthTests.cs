using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Http;

[Fast]
[Collection("alone")]
public class AnnouncedLengthTests
{
    [Fact]
    public async Task A_length_that_is_only_announced_costs_no_memory()
    {
        await using var server = await TestServer.StartAsync();
        List<RawClient> claims = [];
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100; i++)
        {
            RawClient claim = new(server);
            claims.Add(claim);
            await claim.PostHeadAsync(TestServer.Submit, 1 << 20);
            Assert.Equal(100, await claim.StatusAsync());
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        claims.ForEach(claim => claim.Dispose());
        Assert.InRange(grown, long.MinValue, 50L << 20); // 100 MiB were announced
    }
}
