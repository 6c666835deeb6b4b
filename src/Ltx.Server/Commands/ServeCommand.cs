using System.CommandLine;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Server.Training;
using Ltx.Server.Webhooks;

namespace Ltx.Server.Commands;

/// <summary>`ltx serve`: the HTTP server.</summary>
internal static class ServeCommand
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

        app.WaitForShutdown();
        return Environment.ExitCode;
    }

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
