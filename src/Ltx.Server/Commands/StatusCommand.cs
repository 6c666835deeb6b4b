using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>`ltx status`: whether a data folder's server runs, and what it is at; exit code 1 where it does not serve.</summary>
internal sealed class StatusCommand
{
    // Enough to say "many".
    private const int MostCounted = 1000;

    private readonly Option<string> data = new("--data") { Description = "the server's data folder", DefaultValueFactory = _ => "data" };
    private readonly TellingOptions telling = new();

    public static Command Create()
    {
        StatusCommand definition = new();
        Command command = new("status", "Says whether a server runs, whether it is ready, and how much it has to do.") { definition.data };
        definition.telling.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        string folder = arguments.GetValue(data)!;
        using IRequestsAccess access = RequestsAccess.Open(folder);
        int waiting = (await access.ListAsync(MostCounted, "IN_QUEUE", null, cancellation)).Count,
            running = (await access.ListAsync(MostCounted, "IN_PROGRESS", null, cancellation)).Count;
        string work = $"{Number(running)} running, {Number(waiting)} waiting";
        if (access is FolderRequestsAccess)
        {
            telling.Tell(arguments, new { Serving = false, Ready = false, Running = running, Waiting = waiting },
                $"no server runs over {Path.GetFullPath(folder)}", work);
            return CommandFailure.Ours;
        }
        using DataFolder served = new(folder);
        using OperatorClient server = new(served);
        using JsonDocument ready = JsonDocument.Parse(await server.SendAsync(HttpMethod.Get, "/health/ready", cancellation, alsoGood: 503));
        bool isReady = ready.RootElement.GetProperty("status").GetString() == "ready";
        string Of(string name) => server.Server.TryGetProperty(name, out JsonElement value) ? value.ToString() : "?";
        string since = DateTimeOffset.TryParse(Of("started"), CultureInfo.InvariantCulture, out DateTimeOffset began)
            ? string.Create(CultureInfo.InvariantCulture, $", since {began.ToLocalTime():yyyy-MM-dd HH:mm}") : "";
        telling.Tell(
            arguments,
            new { Serving = true, Ready = isReady, Running = running, Waiting = waiting, Url = Of("url"), Version = Of("version"),
                Process = Of("pid"), Health = ready.RootElement },
            $"ltx {Of("version")} at {Of("url")}, process {Of("pid")}{since}",
            isReady ? "ready" : $"not ready: {Reason(ready.RootElement)}",
            work);
        return isReady ? 0 : CommandFailure.Ours;
    }

    private static string Number(int count) => count >= MostCounted ? $"{MostCounted} or more" : count.ToString(CultureInfo.InvariantCulture);

    private static string Reason(JsonElement health)
    {
        bool Is(string name) => health.GetProperty(name).GetBoolean();
        if (!Is("accepting")) return "it is stopping";
        if (!Is("queue_recovered")) return "it reads its queue";
        if (!Is("disk_writable")) return "its data folder cannot be written to";
        if (!Is("database_writable")) return "its database cannot be written to";
        if (!Is("disk_has_room")) return "its disk is full (Files:MinFreeBytes, Files:MaxTotalBytes)";
        return health.TryGetProperty("loading", out JsonElement loading) && loading.GetArrayLength() > 0
            ? string.Create(CultureInfo.InvariantCulture, $"it loads its model, {loading[0].GetProperty("fraction").GetDouble():P0}")
            : "it loads its model";
    }
}
