using System.Net;
using System.Net.Sockets;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Ltx.Server.Tls;

namespace Ltx.Server.Tests.Commands;

/// <summary>The mistakes of every day in starting a server or asking one: one sentence, exit code 2, no stack, and no model loaded before.</summary>
public sealed class BadStartTests : IDisposable
{
    private static readonly Dictionary<string, (string Says, Func<TestFolder, string[]> Arguments)> Rows = new()
    {
        ["serve: --config names no file"] = ("--config: there is no file '", folder => ["serve", "--config", folder.Named("none.json")]),
        ["serve: --config names a folder"] = ("is a folder, and a JSON file is needed", folder => ["serve", "--config", folder.Path]),
        ["serve: --config is no JSON"] = ("LineNumber: 1", folder => ["serve", "--config", folder.Text(".hidden.json", "{\n  Queue: 1 }")]),
        ["serve: --set without a value"] = ("--set Queue:Workers: must be Section:Name=value", _ => ["serve", "--set", "Queue:Workers"]),
        ["serve: --set without anything"] = ("--set needs a value; see ltx serve --help.", _ => ["serve", "--set"]),
        ["serve: --data is a file"] = ("is a file, and a folder is needed", folder => ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Text("data", "")]),
        ["serve: --urls that is no address"] = ("'localhost:8080' is not an address to listen on", _ => ["serve", "--urls", "localhost:8080"]),
        ["requests: --data is no data folder"] = ("is no data folder of a server", folder => ["requests", "list", "--data", folder.Path]),
        ["requests: --status that there is not"] = ("'DONE'", folder => ["requests", "list", "--data", folder.Path, "--status", "DONE"]),
        ["bench: --json in a folder that is missing"] = ("does not exist", folder => ["bench", "--json", Path.Combine(folder.Path, "none", "a.json")]),
        ["models synth: --out is a file"] = ("is a file, and a folder is needed", folder => ["models", "synth", "--preset", "tiny", "--out", folder.Text("file", "")]),
        ["models inspect: a folder"] = ("", folder => ["models", "inspect", folder.Path]),
    };

    private readonly TestFolder folder = new();

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_mistake_is_one_sentence(string name)
    {
        (string says, Func<TestFolder, string[]> arguments) = Rows[name];
        AssertOneSentence(says, await LtxInProcess.RunAsync(arguments(folder)));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_before_anything_is_begun()
    {
        using TcpListener other = Listening();
        string url = $"http://{other.LocalEndpoint}", data = folder.Named("data");
        LtxRun run = await LtxInProcess.RunAsync(["serve", "--urls", url, "--data", data]);
        AssertOneSentence($"{url} cannot be listened on: another program listens there", run);
        Assert.Empty(run.Output);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_port_that_is_taken_at_the_last_moment_ends_the_start_before_a_model_loads()
    {
        using TcpListener other = Listening();
        LtxOptions options = Options($"http://{other.LocalEndpoint}");
        FakeEngine engine = new() { Load = new Gate() };
        await using var app = ServeHost.Build(options, engine.Register);
        Exception refusal = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync());
        Assert.True(ListenAddresses.IsRefusal(refusal), refusal.ToString());
        Assert.False(engine.Load.Reached.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_is_stopped_while_its_model_loads_does_not_wait_for_it()
    {
        FakeEngine engine = new() { Load = new Gate() };
        LtxOptions options = Options("http://127.0.0.1:0");
        options.Queue.DrainSeconds = 3600;
        await using var app = ServeHost.Build(options, engine.Register);
        await app.StartAsync();
        await engine.Load.Reached;
        await app.StopAsync(); // an hour, where the drain is waited for
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080;http://[::1]:0;HTTPS://*:443", null)]
    [InlineData(" ; ", "there is no address")]
    [InlineData("http://127.0.0.1:99999", "'http://127.0.0.1:99999' is not an address")]
    [InlineData("http:/127.0.0.1", "is not an address")]
    [InlineData("ftp://127.0.0.1", "is not an address")]
    [InlineData("http://127.0.0.1:8080/api", "has a path")]
    public void Addresses_are_checked_as_they_are_written(string urls, string? problem)
    {
        if (problem is null) Assert.Empty(ListenAddresses.Problems(urls));
        else Assert.Contains(problem, Assert.Single(ListenAddresses.Problems(urls)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_another_machine_is_told()
    {
        // TEST-NET-1: nobody has it.
        string message = Assert.Throws<InvalidConfigurationException>(() => ListenAddresses.CheckFree("http://192.0.2.1:8080")).Message;
        Assert.EndsWith("http://192.0.2.1:8080 cannot be listened on: this machine has no such address.", message, StringComparison.Ordinal);
        ListenAddresses.CheckFree("http://localhost:0");
    }

    [Theory]
    [InlineData("not a certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void A_certificate_that_is_none_is_told(string content)
    {
        using DataFolder data = new(folder.Folder("data"));
        string path = folder.Text("given.pem", content);
        AssertProblem($"Tls:CertificatePath: '{path}' cannot be used", () => ServerCertificate.LoadOrCreate(new TlsOptions { CertificatePath = path }, data));
        AssertProblem("Tls:Names: 'a\nb' is no host name", () => ServerCertificate.LoadOrCreate(new TlsOptions { Names = ["a\nb"] }, data));
    }

    [Fact]
    public void A_certificate_of_ours_that_was_damaged_is_told()
    {
        using DataFolder data = new(folder.Folder("data"));
        using (ServerCertificate.LoadOrCreate(new TlsOptions(), data))
        {
        }

        File.WriteAllText(Path.Combine(data.Root, "tls-key.pem"), "");
        AssertProblem("a new certificate is made where both are missing", () => ServerCertificate.LoadOrCreate(new TlsOptions(), data));
    }

    [Fact]
    public void A_setting_outside_a_section_is_told_and_not_passed_over()
    {
        AssertProblem("'Workers' is in no section", () => ConfigurationSources.Build(folder.Text("ltx.json", """{ "Workers": 2 }"""), []));
        AssertProblem("--set Workers=2: must be Section:Name=value", () => ConfigurationSources.Build(null, ["Workers=2"]));
    }

    public void Dispose() => folder.Dispose();

    private static TcpListener Listening()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private LtxOptions Options(string urls)
    {
        LtxOptions options = new();
        (options.Server.Urls, options.Server.Data) = (urls, folder.Named("data"));
        options.Telemetry.LogLevel = Microsoft.Extensions.Logging.LogLevel.None;
        return options;
    }

    private static void AssertProblem(string says, Action call) =>
        Assert.Contains(says, Assert.Single(Assert.Throws<InvalidConfigurationException>(call).Problems), StringComparison.Ordinal);

    private static void AssertOneSentence(string says, LtxRun run)
    {
        string sentence = Assert.Single(run.Complaints);
        Assert.StartsWith("ltx: ", sentence, StringComparison.Ordinal);
        Assert.Contains(says, sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.Equal(BadInput.Users, run.ExitCode);
    }
}
