using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ltx.Server.Fetch;

internal static class FetchServices
{
    /// <summary>Registers <see cref="IFetcher"/> and <see cref="SafeHttp"/>. An <see cref="ILocalFiles"/> is used where one is registered.</summary>
    public static IServiceCollection AddFetch(this IServiceCollection services)
    {
        services.AddOptions<FetchOptions>().BindConfiguration(FetchOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FetchOptions>, FetchOptionsValidator>();
        services.TryAddSingleton<IHostResolver, DnsHostResolver>();
        services.TryAddSingleton<IConnector, SocketConnector>();
        services.AddSingleton(s => new SafeHttp(Options(s), s.GetRequiredService<IHostResolver>(), s.GetRequiredService<IConnector>()));
        services.AddSingleton(s => new CacheFolder(Options(s).CacheFolder, s.GetRequiredService<ILogger<CacheFolder>>()));
        services.AddSingleton(s => new LoraCache(s.GetRequiredService<CacheFolder>(), Options(s).CacheBytes, s.GetRequiredService<ILogger<LoraCache>>()));
        services.AddSingleton<IFetcher>(s => new Fetcher(
            Options(s), s.GetRequiredService<SafeHttp>(), s.GetRequiredService<CacheFolder>(), s.GetRequiredService<LoraCache>(),
            s.GetRequiredService<ILogger<Fetcher>>(), s.GetService<ILocalFiles>()));
        return services;
    }

    private static FetchOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<FetchOptions>>().Value;
}
