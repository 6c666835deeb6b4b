using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Configuration;

[Fast]
public class ConfigurationTests
{
    [Fact]
    public void Every_problem_is_listed_at_once()
    {
        using TempFolder folder = new();
        var file = Path.Combine(folder.Path, "ltx.json");
        File.WriteAllText(file, """
            {
              "Queue": { "Workers": 0, "DrainSeconds": "soon", "Worker": 1 },
              "Files": { "OutputLifetime": "-1.00:00:00" },
              "Auth": { "Keys": [ { "Name": "a", "Hash": "xyz" } ] },
              "Quue": { "Workers": 1 },
              "Server": { "Urls": "localhost:80", "TrustedProxies": [ "all" ] },
              "Fetch": { "MaxRedirects": 9 }
            }
            """);
        var problems = Assert.Throws<InvalidConfigurationException>(() => ConfigurationSources.Read(ConfigurationSources.Build(file, ["Tls:KeyPath=/nowhere"]))).Problems;
        foreach (var expected in new[] { "Queue:DrainSeconds", "Queue:Worker:", "Files:OutputLifetime", "Auth:Keys:0", "Quue:", "Server:Urls", "Server:TrustedProxies", "Fetch:MaxRedirects", "Tls:KeyPath" })
        {
            Assert.Contains(problems, p => p.StartsWith(expected, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Flags_beat_the_environment_which_beats_the_file_and_later_flags_beat_earlier_ones()
    {
        using TempFolder folder = new();
        var file = Path.Combine(folder.Path, "ltx.json");
        File.WriteAllText(file, """{ "Queue": { "Workers": 2, "DrainSeconds": 7, "GroupWindow": 3 }, "Server": { "TrustedProxies": [ "10.0.0.1", "10.1.0.0/16" ] } }""");
        Environment.SetEnvironmentVariable("LTX_Queue__DrainSeconds", "8");
        Environment.SetEnvironmentVariable("LTX_Queue__GroupWindow", "4");
        try
        {
            var options = ConfigurationSources.Read(ConfigurationSources.Build(file, ["Queue:GroupWindow=9", "queue:groupwindow=5"], ("Server:Data", "elsewhere"), ("Server:Urls", null)));
            Assert.Equal((2, 8.0, 5), (options.Queue.Workers, options.Queue.DrainSeconds, options.Queue.GroupWindow));
            Assert.Equal(("elsewhere", "http://127.0.0.1:8080"), (options.Server.Data, options.Server.Urls));
            Assert.Equal(["10.0.0.1", "10.1.0.0/16"], options.Server.TrustedProxies);
        }
        finally
        {
            Environment.SetEnvironmentVariable("LTX_Queue__DrainSeconds", null);
            Environment.SetEnvironmentVariable("LTX_Queue__GroupWindow", null);
        }
    }

    [Fact]
    public void Defaults_are_valid() => Assert.Equal(1, ConfigurationSources.Read(ConfigurationSources.Build(null, [])).Queue.Workers);
}
