using System.CommandLine;
using Ltx.Inference.Native;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Server.Training;
using Ltx.Server.Webhooks;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx serve`: the HTTP server.</summary>
internal static partial class ServeCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model") { Description = "Model folder, or the name of one under models/ (Server:Model)" };
        Option<string> urls = new("--urls") { Description = "Addresses to listen on, separated by ';' (Server:Urls)" };
        Option<string> data = new("--data") { Description = "Folder for the queue, uploads and outputs (Server:Data)" };
        Option<string> config = new("--config") { Description = "JSON file with settings; ltx.json in the current folder is read when it is there" };
        Option<string[]> set = new("--set") { Description = "Any setting: --set Queue:DrainSeconds=60", AllowMultipleArgumentsPerToken = false };
        Command command = new("serve", "Serves fal-ai/ltx-2.3-quality/inpaint/lora and the trainers of its LoRAs over HTTP, as fal does.")
        {
            model, urls, data, config, set,
        };

        // Synchronous on purpose: the command line library ends asynchronous actions two seconds after SIGTERM, in the middle of the drain.
        command.SetAction(parsed => CommandFailure.Guard(() => Run(ConfigurationSources.Build(
            parsed.GetValue(config),
            parsed.GetValue(set) ?? [],
            ("Server:Model", parsed.GetValue(model)), ("Server:Urls", parsed.GetValue(urls)), ("Server:Data", parsed.GetValue(data))))));
        return command;
    }

    private static int Run(IConfiguration configuration)
    {
        var options = ConfigurationSources.Read(configuration);
        MediaTools.LeaveTerminal();
        ListenAddresses.CheckFree(options.Server.Urls);
        using var app = ServeHost.Build(options, services => AddEngine(services, configuration, options));
        try
        {
            app.Start();
        }
        catch (Exception e) when (ListenAddresses.IsRefusal(e))
        {
            // Somebody took the address after it was looked at.
            throw new InvalidConfigurationException($"Server:Urls: {e.Message}", e);
        }

        Introduce(app, options);
        using var impatience = StopSignals.SecondEndsNow();
        app.WaitForShutdown();
        return Environment.ExitCode;
    }

    // Through the log, so that a collector has them, too.
    private static void Introduce(WebApplication app, LtxOptions options)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ltx");
        var device = EngineDevice.Choose(options.Inpaint.Device, 0, options.Queue.Workers);
        var type = options.Inpaint.Dtype.Length > 0 ? options.Inpaint.Dtype : ComputeDevice.DefaultType(device).ToString().ToLowerInvariant();
        string[] keys = [.. app.Services.GetRequiredService<ApiKeys>().Names];
        foreach (var line in StartLines.Of(options, ModelLocator.Open(options.Server.Model).Path, $"{device}, {type}", keys, app.Urls.First()))
        {
            Said(logger, line);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Line}")]
    private static partial void Said(ILogger logger, string line);

    /// <summary>The parts that <see cref="ServeHost.Build"/> asks for.</summary>
    internal static void AddEngine(IServiceCollection services, IConfiguration configuration, LtxOptions options)
    {
        services.AddSingleton(configuration);
        services.AddSingleton<PipelineRunner>();
        services.AddSingleton<IInpaintRunner>(provider => provider.GetRequiredService<PipelineRunner>());
        services.AddSingleton<ITrainingRunner, QueuedTraining>();
        services.AddFetch();
        services.PostConfigure<FetchOptions>(fetch =>
        {
            fetch.CacheFolder = ConfigurationSources.CacheFolder(fetch, options.Server);
            fetch.MaxDataSetBytes = options.Training.MaxDataSetBytes;
        });
        services.AddKeyedSingleton<HttpMessageInvoker>(WebhookSender.ClientKey, (s, _) => s.GetRequiredService<SafeHttp>().CreateInvoker());
    }
}
