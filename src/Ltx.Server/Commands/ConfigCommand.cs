using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Media;

namespace Ltx.Server.Commands;

/// <summary>`ltx config`: what a server would be told, without starting one.</summary>
internal sealed class ConfigCommand
{
    private readonly Option<string?> config = new("--config")
    {
        Description = "JSON file with settings; ltx.json in the current folder is read when it is there",
    };
    private readonly Option<string[]> set = new("--set")
    {
        Description = "any setting, as for `ltx serve`: --set Queue:DrainSeconds=60",
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<bool> changed = new("--changed") { Description = "only what is not as it is where nothing is said" };
    private readonly Option<bool> markdown = new("--markdown") { Description = "as the page docs/settings.md" };

    public static Command Create()
    {
        ConfigCommand definition = new();
        Command show = new("show", "Prints the settings in force, from file, environment and --set, as JSON.")
        {
            definition.changed, definition.config, definition.set,
        };
        Command sample = new("sample", "Prints a file with every setting, to begin with.") { definition.markdown };
        Command check = new("check", "Says whether a server could start with these settings, and if not, everything that is wrong.")
        {
            definition.config, definition.set,
        };
        show.SetAction(arguments => CommandFailure.Guard(() => definition.Show(arguments)));
        sample.SetAction(arguments => CommandFailure.Guard(() => definition.Sample(arguments)));
        check.SetAction(arguments => CommandFailure.Guard(() => definition.Check(arguments)));
        return new Command("config", "Shows and checks the settings of a server.") { show, sample, check };
    }

    private int Show(ParseResult arguments)
    {
        IConfiguration read = Read(arguments);
        LtxOptions options = ConfigurationSources.Read(read);
        FetchOptions fetch = read.GetSection(FetchOptions.Section).Get<FetchOptions>() ?? new FetchOptions();
        Console.WriteLine(SettingsText.Effective(SettingsCatalog.Of(options, fetch), arguments.GetValue(changed)));
        return 0;
    }

    private int Sample(ParseResult arguments)
    {
        Console.Write(arguments.GetValue(markdown) ? SettingsText.Page() : SettingsText.Sample());
        return 0;
    }

    private int Check(ParseResult arguments)
    {
        LtxOptions options = ConfigurationSources.Read(Read(arguments));
        ModelFolder model = ModelLocator.Open(options.Server.Model);
        _ = new RecipeChoice(model, options.Inpaint.ToEngine(ModelLocator.Recipes));
        Console.WriteLine($"A server can start with this: model {model.Path}, data in {Path.GetFullPath(options.Server.Data)}, at "
            + $"{options.Server.Urls}.");
        return 0;
    }

    private IConfiguration Read(ParseResult arguments) => ConfigurationSources.Build(arguments.GetValue(config), arguments.GetValue(set) ?? []);
}
