using System.Text.Json;
using System.Text.RegularExpressions;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

/// <summary>What docs/operate/ has for an operator to copy is what the program and the system take.</summary>
public sealed partial class OperationFilesTests
{
    [Fact]
    public void The_unit_is_one_that_systemd_takes()
    {
        const string Verifier = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Verifier), "There is no systemd here.");
        using TestFolder folder = new();
        // The program is not in its place on this machine.
        string unit = File.ReadAllText(Operate("ltx.service"));
        Assert.Contains("ExecStart=/opt/ltx/bin/ltx serve --config /etc/ltx/ltx.json\n", unit, StringComparison.Ordinal);
        string copy = folder.Text("ltx.service", unit.Replace("/opt/ltx/bin/ltx ", "/bin/true ", StringComparison.Ordinal));

        Assert.Equal("", TestMedia.Run("sh", "-c", $"{Verifier} verify --man=no '{copy}' 2>&1"));
        // A stop may take as long as the server takes for it.
        Assert.InRange(int.Parse(StopSeconds().Match(unit).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), new LtxOptions()
            .Queue.DrainSeconds + 15, 300);
    }

    [Fact]
    public void The_sample_settings_can_be_used()
    {
        LtxOptions options = ConfigurationSources.Read(ConfigurationSources.Build(Operate("ltx.json"), []));

        Assert.Equal(("ltx-2.3", "/var/lib/ltx"), (options.Server.Model, options.Server.Data));
    }

    [Theory]
    [InlineData("alerts.yml")]
    [InlineData("grafana.json")]
    public async Task Rules_and_dashboard_ask_for_metrics_that_there_are(string name)
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using TestServer server = await TestServer.StartAsync();
        string id = (await server.PostAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(receiver.Url)}", TestServer.Input()))
            .Json.GetProperty("request_id").GetString()!;
        await server.WaitForAsync(id);
        await receiver.WaitForAsync(delivery => delivery.RequestId == id);
        string metrics;
        // A delivery is counted a moment after it has arrived.
        for (DateTime deadline = DateTime.UtcNow.AddMinutes(1); ; await Task.Delay(20))
        {
            metrics = (await server.GetAsync("/metrics")).Body;
            if (metrics.Contains("ltx_webhook_deliveries_total", StringComparison.Ordinal) || DateTime.UtcNow > deadline) break;
        }
        HashSet<string> known = [.. MetricType().Matches(metrics).Select(match => match.Groups[1].Value), .. WithoutTheFake];

        string text = File.ReadAllText(Operate(name));
        string[] asked = [.. Metric().Matches(text).Select(match => Suffix().Replace(match.Value, "")).Distinct()];

        Assert.True(asked.Length >= 5, text);
        Assert.Empty(asked.Except(known));
        if (name == "grafana.json") using (JsonDocument.Parse(text)) { }
    }

    // The downloader of the tests counts nothing.
    private static readonly string[] WithoutTheFake = ["ltx_fetch_files_total"];

    private static string Operate(string name) => Path.Combine(Repository.Root, "docs", "operate", name);

    [GeneratedRegex(@"(?m)^TimeoutStopSec=(\d+)$")]
    private static partial Regex StopSeconds();

    [GeneratedRegex(@"(?m)^# TYPE (\S+) ")]
    private static partial Regex MetricType();

    [GeneratedRegex(@"\b(ltx|http_server|kestrel)_[a-z_]+\b")]
    private static partial Regex Metric();

    // Of histograms.
    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
