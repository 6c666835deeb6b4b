using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Endpoints;
using Ltx.Server.Fetch;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Observability;
using Ltx.Server.Playground;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Ltx.Server.Tls;
using Ltx.Server.Webhooks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Ltx.Server;

/// <summary>Composes the server. What it does stands in the folders; the order here is the order in which a request passes.</summary>
internal static class ServeHost
{
    /// <summary>What the server cannot do itself and the caller of <see cref="Build"/> must add.</summary>
    private static readonly (Type Service, object? Key)[] EngineParts =
    [
        (typeof(IInpaintRunner), null),
        (typeof(ITrainingRunner), null),
        (typeof(IFetcher), null),
        (typeof(HttpMessageInvoker), WebhookSender.ClientKey),
    ];

    /// <summary>
    /// Builds the host. <paramref name="addEngine"/> registers the runners (<see cref="IInpaintRunner"/>, <see cref="ITrainingRunner"/>), the
    /// downloader (<see cref="IFetcher"/>) and, keyed <see cref="WebhookSender.ClientKey"/>, the <see cref="HttpMessageInvoker"/> that webhooks are
    /// sent with.
    /// </summary>
    public static WebApplication Build(LtxOptions options, Action<IServiceCollection> addEngine)
    {
        DataFolder folder = new(options.Server.Data);
        if (!folder.TryLock())
        {
            throw new InvalidConfigurationException($"Server:Data: another server uses the folder '{folder.Root}'");
        }

        try
        {
            return Compose(options, folder, addEngine);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static WebApplication Compose(LtxOptions options, DataFolder folder, Action<IServiceCollection> addEngine)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "ltx" });
        AddLogging(builder, options.Telemetry);
        var certificate = options.Server.Urls.Contains("https://", StringComparison.OrdinalIgnoreCase) ? ServerCertificate.LoadOrCreate(options.Tls, folder) : null;
        AddKestrel(builder, options.Limits, certificate);
        AddServices(builder.Services, options, folder);
        AddTelemetry(builder.Services, options.Telemetry);
        addEngine(builder.Services);
        foreach (var (service, key) in EngineParts)
        {
            if (!builder.Services.Any(d => d.ServiceType == service && Equals(d.ServiceKey, key)))
            {
                throw new InvalidOperationException($"The server was composed without a {service.Name}.");
            }
        }

        var app = builder.Build();
        app.Services.GetRequiredService<PrometheusText>(); // listens from here on; what was counted before would be lost
        app.Services.GetRequiredService<QueueGauges>(); // nobody else asks for it, and its instruments must exist
        app.Services.GetRequiredService<FileStore>().RemoveStrays();

        // What lies damaged in the data folder ends a start here, with a sentence, and not in the middle of it.
        app.Services.GetRequiredService<ApiKeys>();
        app.Services.GetRequiredService<SignedTokens>();
        app.Services.GetRequiredService<WebhookSigner>();
        foreach (var url in ListenAddresses.Split(options.Server.Urls))
        {
            app.Urls.Add(url);
        }

        var calls = app.Services.GetRequiredService<OpenCalls>();
        app.Use((context, next) => calls.PassAsync(context, next));
        app.UseMiddleware<ErrorMiddleware>();
        app.UseMiddleware<RequestLogMiddleware>();
        app.UseMiddleware<CorsMiddleware>();
        app.UseMiddleware<MountMiddleware>();
        app.UseRouting();
        app.UseMiddleware<AuthMiddleware>();
        app.UseMiddleware<RecoveryGate>();
        Routes.Map(app);
        app.Lifetime.ApplicationStarted.Register(() => WriteServerFile(app, folder, certificate));
        app.Lifetime.ApplicationStopped.Register(() => File.Delete(folder.ServerFile));
        return app;
    }

    private static void AddServices(IServiceCollection services, LtxOptions options, DataFolder folder)
    {
        services.AddRouting();
        services.AddMetrics();
        services.AddSingleton(options);
        services.AddSingleton(_ => folder); // by a factory, so that the container disposes it and with it the lock
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new Database(folder.DatabaseFile));
        services.AddSingleton(new ServerState(options.Queue.Workers));

        services.AddSingleton<RequestStore>();
        services.AddSingleton<WebhookQueue>();
        services.AddSingleton<RequestQueue>();
        services.AddSingleton<VisibleRequests>();
        services.AddSingleton<StoredInputs>();
        services.AddSingleton<InputFetcher>();
        services.AddSingleton<LookAhead>();
        services.AddSingleton<Insistence>();
        services.AddSingleton<JobRecord>();
        services.AddSingleton<JobEngine>();
        services.AddSingleton<IAttempt, InpaintAttempt>();
        services.AddSingleton<TrainingInputs>();
        services.AddSingleton<IAttempt, TrainingAttempt>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<Workers>();
        services.AddSingleton<ResultBody>();
        services.AddSingleton<Intake>();
        services.AddSingleton<BodyReader>();
        services.AddSingleton<OpenCalls>();

        services.AddSingleton<FileStore>();
        services.AddSingleton<ISwept>(provider => provider.GetRequiredService<FileStore>());
        services.AddSingleton<ISwept, OldRequests>();
        services.AddSingleton<UploadedParts>();
        services.AddSingleton<UploadService>();
        services.AddSingleton<DiskBudget>();
        services.AddSingleton<TrainingFolders>();

        services.AddSingleton(new PageFiles(PageFiles.DefaultRoot));
        services.AddSingleton<Workbench>();
        services.AddSingleton<MediaFailure>();

        services.AddSingleton<ApiKeys>();
        services.AddSingleton<SignedTokens>();
        services.AddSingleton<KeyLimits>();

        services.AddSingleton<WebhookSigner>();
        services.AddSingleton<WebhookPayload>();
        services.AddSingleton<WebhookCall>();

        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<QueueGauges>();
        services.AddSingleton<PrometheusText>();

        // Started in this order, before the listening sockets; stopped in the opposite order, after them.
        services.AddHostedService<WebhookSender>();
        services.AddHostedService<Sweeper>();
        services.AddHostedService<QueueService>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Queue.DrainSeconds + 15));
    }

    private static void AddKestrel(WebApplicationBuilder builder, LimitsOptions limits, X509Certificate2? certificate)
    {
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = limits.MaxBodyBytes;
            var most = ConnectionShare.Most(limits.MaxConnections);
            kestrel.Limits.MaxConcurrentConnections = most;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.IdleConnectionSeconds);
            ConnectionShare share = new(most);
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(share.Limit));
            kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderTimeoutSeconds);
            kestrel.Limits.MinRequestBodyDataRate = limits.MinBodyBytesPerSecond > 0 ? new MinDataRate(limits.MinBodyBytesPerSecond, TimeSpan.FromSeconds(10)) : null;
            if (certificate is not null)
            {
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate);
            }
        });
    }

    private static void AddLogging(WebApplicationBuilder builder, TelemetryOptions telemetry)
    {
        builder.Logging.SetMinimumLevel(telemetry.LogLevel);
        builder.Logging.AddFilter("Microsoft", telemetry.LogLevel > LogLevel.Warning ? telemetry.LogLevel : LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // a start that fails: `serve` says it in a sentence
        if (telemetry.LogFormat == "json")
        {
            builder.Logging.AddJsonConsole(o => o.UseUtcTimestamp = true);
        }
        else
        {
            builder.Services.TryAddSingleton(TimeProvider.System);
            builder.Logging.AddConsole(o => o.FormatterName = LineFormatter.FormatterName);
            builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        }
    }

    private static void AddTelemetry(IServiceCollection services, TelemetryOptions telemetry)
    {
        if (telemetry.OtlpEndpoint is not { } endpoint)
        {
            return;
        }

        services.AddOpenTelemetry()
            .WithMetrics(m => m.AddMeter("Ltx.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter(o => o.Endpoint = new Uri(endpoint)))
            .WithTracing(t => t.AddSource("Ltx.*")
                .AddAspNetCoreInstrumentation(o => o.EnrichWithHttpRequest = (span, request) => span.SetTag("url.path", LoggedPath.Of(request.Path)))
                .AddOtlpExporter(o => o.Endpoint = new Uri(endpoint)));
    }

    /// <summary>Tells `ltx requests` and `ltx status` where this data folder's server listens.</summary>
    private static void WriteServerFile(WebApplication app, DataFolder folder, X509Certificate2? certificate)
    {
        var url = ListenAddresses.Reachable(app.Urls.First());
        var fingerprint = certificate is null ? null : ServerCertificate.Fingerprint(certificate);
        var started = DateTimeOffset.UtcNow;
        var self = new { url, certificate = fingerprint, pid = Environment.ProcessId, version = ProgramVersion.Text, started };
        File.WriteAllText(folder.ServerFile, JsonSerializer.Serialize(self));
    }
}
