using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;

namespace Ltx.Server.Commands;

/// <summary>Where settings come from: a JSON file, then the environment (LTX_Queue__DrainSeconds), then flags; later ones win.</summary>
internal static class ConfigurationSources
{
    private const string DefaultFile = "ltx.json";

    /// <summary>Sections whose options are read elsewhere: the downloader, the safety policy.</summary>
    private static readonly string[] OtherSections = ["Fetch", "Safety"];

    public static IConfiguration Build(string? file, string[] settings, params (string Name, string? Value)[] flags)
    {
        ConfigurationBuilder builder = new();
        if (file is not null || File.Exists(DefaultFile))
        {
            // By its values: a configuration that is put into another one loses what is set to nothing.
            builder.AddInMemoryCollection(ReadFile(file ?? DefaultFile).AsEnumerable().Where(setting => setting.Value is not null));
        }

        // One that is given again has its last value, as every option has.
        Dictionary<string, string?> given = new(StringComparer.OrdinalIgnoreCase);
        List<string> problems = [];
        foreach (var setting in settings)
        {
            if (setting.Split('=', 2) is [var name, var value] && name.IndexOf(':', StringComparison.Ordinal) > 0)
            {
                given[name] = value;
            }
            else
            {
                problems.Add($"--set {setting}: must be Section:Name=value");
            }
        }

        if (problems.Count > 0)
        {
            throw new InvalidConfigurationException(problems);
        }

        builder.AddEnvironmentVariables("LTX_");
        builder.AddInMemoryCollection(given);
        builder.AddInMemoryCollection(flags.Where(f => f.Value is not null).Select(f => new KeyValuePair<string, string?>(f.Name, f.Value)));
        return builder.Build();
    }

    // From its bytes and not by its name: the framework's provider of files does not see those whose names begin with a dot.
    private static IConfigurationRoot ReadFile(string file)
    {
        var path = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            throw new InvalidConfigurationException(Directory.Exists(path) ? $"--config: '{path}' is a folder, and a JSON file is needed" : $"--config: there is no file '{path}'");
        }

        IConfigurationRoot read;
        try
        {
            using MemoryStream content = new(File.ReadAllBytes(path));
            read = new ConfigurationBuilder().AddJsonStream(content).Build();
        }
        catch (Exception e) when (e is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException($"{file}: {e.Message}", e);
        }

        var loose = read.GetChildren().Where(s => s.Value is not null).Select(s => $"{file}: '{s.Key}' is in no section").ToArray();
        return loose.Length == 0 ? read : throw new InvalidConfigurationException(loose);
    }

    /// <summary>The checked options; throws with every problem at once.</summary>
    public static LtxOptions Read(IConfiguration configuration)
    {
        List<string> problems = [];
        var options = OptionsReader.Read(configuration, problems);
        CheckFetch(configuration, options.Server, problems);
        var known = typeof(LtxOptions).GetProperties().Select(p => p.Name).Concat(OtherSections).ToArray();
        problems.AddRange(configuration.GetChildren()
            .Where(s => s.GetChildren().Any() && !known.Contains(s.Key, StringComparer.OrdinalIgnoreCase))
            .Select(s => $"{s.Key}: there is no such section; there are {string.Join(", ", known)}"));
        return problems.Count == 0 ? options : throw new InvalidConfigurationException(problems);
    }

    /// <summary>The downloader keeps its files in the data folder unless it is told otherwise.</summary>
    public static string CacheFolder(FetchOptions fetch, ServerOptions server) =>
        fetch.CacheFolder.Length > 0 ? fetch.CacheFolder : Path.Combine(Path.GetFullPath(server.Data), "cache");

    /// <summary>The downloader checks its own section when the host starts; here its problems join the others'.</summary>
    private static void CheckFetch(IConfiguration configuration, ServerOptions server, List<string> problems)
    {
        try
        {
            var fetch = configuration.GetSection(FetchOptions.Section).Get<FetchOptions>() ?? new FetchOptions();
            fetch.CacheFolder = CacheFolder(fetch, server);
            problems.AddRange(new FetchOptionsValidator().Validate(null, fetch).Failures ?? []);
        }
        catch (InvalidOperationException e)
        {
            problems.Add($"{FetchOptions.Section}: {e.Message}");
        }
    }
}
