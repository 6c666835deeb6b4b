using System.CommandLine;
using System.Text.Json;
using Ltx.Server.Storage;
using Spectre.Console;

namespace Ltx.Server.Commands;

/// <summary>`ltx requests`: the operator's view of the queue, whether the server runs or not.</summary>
internal static class RequestsCommand
{
    public static Command Create()
    {
        Option<string> data = new("--data") { Description = "The server's data folder", DefaultValueFactory = _ => "data", Recursive = true };
        Command command = new("requests", "Lists, shows, cancels and deletes requests of a server's data folder.") { data };

        Option<int> limit = new("--limit") { Description = "How many", DefaultValueFactory = _ => 20 };
        Option<string> status = new("--status") { Description = "IN_QUEUE, IN_PROGRESS or COMPLETED" };
        status.AcceptOnlyFromAmong("IN_QUEUE", "IN_PROGRESS", "COMPLETED");
        Option<bool> json = new("--json") { Description = "Print JSON" };
        Command list = new("list", "Lists requests, newest first.") { limit, status, json };
        list.SetAction((parsed, ct) => WithAccessAsync(
            parsed.GetValue(data)!, async access => PrintList(await access.ListAsync(Limit(parsed.GetValue(limit)), parsed.GetValue(status), ct), parsed.GetValue(json)), ct));
        command.Add(list);

        command.Add(One("show", "Shows a request with its input, result and logs.", data, async (access, id, ct) =>
        {
            Console.WriteLine(Indented(await access.ShowAsync(id, ct)));
            return 0;
        }));
        command.Add(One("cancel", "Cancels a waiting or running request.", data, (access, id, ct) => SayAsync(access.CancelAsync(id, ct))));
        command.Add(One("delete", "Deletes a completed request's input, result and output file.", data, (access, id, ct) => SayAsync(access.DeleteAsync(id, ct))));
        return command;
    }

    private static Command One(string name, string description, Option<string> data, Func<IRequestsAccess, string, CancellationToken, Task<int>> action)
    {
        Argument<string> id = new("id") { Description = "The request's id" };
        Command command = new(name, description) { id };
        command.SetAction((parsed, ct) => WithAccessAsync(parsed.GetValue(data)!, access => action(access, parsed.GetValue(id)!, ct), ct));
        return command;
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

    private static int PrintList(JsonElement page, bool json)
    {
        if (json)
        {
            Console.WriteLine(Indented(page));
            return 0;
        }

        Table table = new();
        table.AddColumns("request", "key", "status", "result", "created", "seconds", "prompt");
        foreach (var request in page.GetProperty("requests").EnumerateArray())
        {
            var prompt = request.GetProperty("input") is { ValueKind: JsonValueKind.Object } input && input.TryGetProperty("prompt", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
            table.AddRow(new[]
            {
                request.GetProperty("request_id").GetString()!,
                request.GetProperty("key_name").GetString() is { Length: > 0 } key ? key : "-",
                request.GetProperty("status").GetString()!,
                $"{request.GetProperty("status_code")} {request.GetProperty("error_type")}".Trim(),
                request.GetProperty("created_at").GetString()!,
                request.GetProperty("inference_time") is { ValueKind: JsonValueKind.Number } seconds ? seconds.GetDouble().ToString("F1") : "",
                prompt.Length > 40 ? prompt[..40] + "..." : prompt,
            }.Select(Markup.Escape).ToArray());
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static string Indented(JsonElement element) => JsonSerializer.Serialize(element, IndentedOptions);

    private static readonly JsonSerializerOptions IndentedOptions = new() { WriteIndented = true };
}
