using System.CommandLine;
using System.Text.Json;

namespace Ltx.Server.Commands;

/// <summary>`ltx requests`: the operator's view of the queue, whether the server runs or not.</summary>
internal static class RequestsCommand
{
    private const int WholeId = 36;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        Option<string> data = new("--data") { Description = "The server's data folder", DefaultValueFactory = _ => "data", Recursive = true };
        Command command = new("requests", "Lists, shows, cancels and deletes requests of a server's data folder.") { data };

        Option<int> limit = new("--limit") { Description = "How many", DefaultValueFactory = _ => 20 };
        Option<string> status = new("--status") { Description = "IN_QUEUE, IN_PROGRESS or COMPLETED" };
        status.AcceptOnlyFromAmong("IN_QUEUE", "IN_PROGRESS", "COMPLETED");
        Option<bool> json = TellingOptions.Json();
        Command list = new("list", "Lists requests, newest first.") { limit, status, json };
        list.SetAction((parsed, ct) => WithAccessAsync(
            parsed.GetValue(data)!, async access =>
                PrintList(await access.ListAsync(Limit(parsed.GetValue(limit)), parsed.GetValue(status), null, ct), parsed.GetValue(json)), ct));
        command.Add(list);

        command.Add(One("show", "Shows a request with its input, result and logs.", data, async (access, id, _, ct) =>
        {
            Console.WriteLine(Indented(await access.ShowAsync(id, ct)));
            return 0;
        }));
        Option<bool> follow = new("--follow", "-f") { Description = "go on until the request has ended" };
        Command logs = One("logs", "Prints a request's log.", data, (access, id, parsed, ct) => LogsAsync(access, id, parsed.GetValue(follow), ct));
        logs.Add(follow);
        command.Add(logs);
        command.Add(One("cancel", "Cancels a waiting or running request.", data, (access, id, _, ct) => SayAsync(access.CancelAsync(id, ct))));
        command.Add(One("delete", "Deletes a completed request's input, result and output file.", data, (access, id, _, ct) =>
            SayAsync(access.DeleteAsync(id, ct))));
        return command;
    }

    private static Command One(
        string name, string description, Option<string> data, Func<IRequestsAccess, string, ParseResult, CancellationToken, Task<int>> action)
    {
        Argument<string> id = new("id") { Description = "The request's id, or as much of its beginning as no other has" };
        Command command = new(name, description) { id };
        command.SetAction((parsed, ct) => WithAccessAsync(
            parsed.GetValue(data)!, async access => await action(access, await WholeAsync(access, parsed.GetValue(id)!, ct), parsed, ct), ct));
        return command;
    }

    /// <summary>The id that begins so.</summary>
    internal static async Task<string> WholeAsync(IRequestsAccess access, string id, CancellationToken ct)
    {
        if (id.Length >= WholeId || id.Length == 0) return id;
        string[] found = [.. (await access.ListAsync(3, null, id.ToLowerInvariant(), ct))
            .Select(request => request.GetProperty("request_id").GetString()!)];
        return found switch
        {
            [var one] => one,
            [] => throw new RequestsAccessException($"There is no request {id}."),
            _ => throw new RequestsAccessException(
                $"Several requests begin with {id}: {string.Join(", ", found)}{(found.Length > 2 ? ", ..." : "")}"),
        };
    }

    private static async Task<int> LogsAsync(IRequestsAccess access, string id, bool follows, CancellationToken ct)
    {
        for (var told = 0; ; await Task.Delay(BetweenLooks, ct))
        {
            var request = await access.ShowAsync(id, ct);
            var lines = request.GetProperty("logs");
            for (; told < lines.GetArrayLength(); told++)
            {
                Console.WriteLine($"{lines[told].GetProperty("timestamp").GetString()}  {lines[told].GetProperty("level").GetString(),-5}  "
                    + $"{lines[told].GetProperty("message").GetString()}");
            }

            // Without a server nothing more will come.
            if (!follows || access is FolderRequestsAccess || request.GetProperty("status").GetString() == "COMPLETED")
            {
                return 0;
            }
        }
    }

    private static Task<int> WithAccessAsync(string data, Func<IRequestsAccess, Task<int>> action, CancellationToken cancellation) => CommandFailure.Guard(
        async () =>
        {
            using var access = RequestsAccess.Open(data);
            return await action(access);
        },
        cancellation);

    private static int Limit(int limit) => limit > 0 ? limit : throw CommandFailure.Wrong($"--limit is {limit}, and must be at least 1.");

    private static async Task<int> SayAsync(Task<string> answer)
    {
        Console.WriteLine(await answer);
        return 0;
    }

    private static int PrintList(IReadOnlyList<JsonElement> requests, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { requests }, IndentedOptions));
            return 0;
        }

        foreach (var line in RequestsTable.Lines(requests, Console.IsOutputRedirected ? null : Console.WindowWidth))
        {
            Console.WriteLine(line);
        }

        return 0;
    }

    private static string Indented(JsonElement element) => JsonSerializer.Serialize(element, IndentedOptions);

    private static readonly JsonSerializerOptions IndentedOptions = new() { WriteIndented = true };
}
