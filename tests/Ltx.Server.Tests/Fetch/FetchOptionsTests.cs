using Ltx.Server.Fetch;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ltx.Server.Tests.Fetch;

[Fast]
public class FetchOptionsTests
{
    [Fact]
    public void The_defaults_are_fals_where_it_has_any()
    {
        FetchOptions options = new();

        Assert.Equal(3_221_225_472, options.MaxLoraBytes);
        Assert.Equal(5, options.MaxRedirects);
        Assert.Empty(options.AllowedFolders);
        Assert.Empty(options.AllowedPrivateHosts);
        options.CacheFolder = "cache";
        Assert.True(new FetchOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void All_errors_are_told_at_once_and_no_token_with_them()
    {
        FetchOptions options = new()
        {
            AllowedFolders = ["relative", "/does/not/exist"],
            AllowedPrivateHosts = ["10.0.0.1/8", "host name", "nas.lan:0", "*.10.0.0.1", "1.2.3", "::1/999"],
            MaxVideoBytes = 0,
            MaxLoraBytes = -1,
            CacheBytes = -2,
            ConnectTimeout = TimeSpan.Zero,
            IdleTimeout = TimeSpan.FromDays(-1),
            TotalTimeout = TimeSpan.MaxValue,
            MaxRedirects = 6,
            MaxAttempts = 0,
            RetryDelay = TimeSpan.FromDays(1),
            HostTokens = [new HostToken { Origin = "huggingface.co", Token = "SECRET\n" }, new HostToken { Origin = "https://h.test/path", Token = "" }, new HostToken { Origin = "https://h.test/path", Token = "x" }],
        };

        string[] errors = [.. new FetchOptionsValidator().Validate(null, options).Failures!];

        foreach ((string key, int count) in new[]
        {
            ("AllowedFolders", 2), ("AllowedPrivateHosts", 5), ("MaxVideoBytes", 1), ("MaxLoraBytes must", 1), ("CacheBytes", 1), ("CacheFolder", 1), ("ConnectTimeout", 1),
            ("IdleTimeout", 1), ("TotalTimeout", 1), ("MaxRedirects", 1), ("MaxAttempts", 1), ("RetryDelay", 1), ("Origin must", 3), ("Token must", 2), ("names an origin twice", 1),
        })
        {
            Assert.Equal((key, count), (key, errors.Count(e => e.Contains(key))));
        }
        Assert.All(errors, e => Assert.DoesNotContain("SECRET", e));
    }

    [Fact]
    public async Task The_section_is_bound_and_the_services_come_together()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-fetch-");
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Fetch:CacheFolder"] = folder.FullName,
            ["Fetch:MaxVideoBytes"] = "123",
            ["Fetch:IdleTimeout"] = "00:00:07",
            ["Fetch:AllowedPrivateHosts:0"] = "nas.lan",
            ["Fetch:HostTokens:0:Origin"] = "https://huggingface.co",
            ["Fetch:HostTokens:0:Token"] = "hf_x",
        }).Build());
        services.AddFetch();
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            FetchOptions options = provider.GetRequiredService<IOptions<FetchOptions>>().Value;
            Assert.Equal((123L, 7.0, "nas.lan", "hf_x"), (options.MaxVideoBytes, options.IdleTimeout.TotalSeconds, options.AllowedPrivateHosts[0], options.HostTokens[0].Token));
            await using FetchedFile file = await provider.GetRequiredService<IFetcher>().FetchAsync(new FetchRequest("data:,x", FetchKind.Video), TestContext.Current.CancellationToken);
            Assert.Equal(1, file.Length);
        }
        folder.Delete(recursive: true);
    }
}
