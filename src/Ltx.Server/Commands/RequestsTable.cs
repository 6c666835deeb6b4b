using System.Globalization;
using System.Text.Json;

namespace Ltx.Server.Commands;

/// <summary>Requests, a line each: cut to a terminal's width there, whole where another program reads them.</summary>
internal static class RequestsTable
{
    // As much of an id as tells it from others, nearly always; the commands take it.
    private const int ShortId = 8;

    // The column of numbers.
    private const int Seconds = 4;

    private const string Gap = "  ";

    /// <param name="requests">as the server lists them</param>
    /// <param name="width">columns that a line may have; null for any</param>
    public static IEnumerable<string> Lines(IEnumerable<JsonElement> requests, int? width)
    {
        List<string[]> rows =
        [
            ["request", "status", "result", width is null ? "created" : "created (UTC)", "seconds", "key", "prompt"],
            .. requests.Select(request => Row(request, width is null)),
        ];
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                column == Seconds ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            string line = string.Join(Gap, cells).TrimEnd();
            yield return width is { } most && line.Length > most ? $"{line[..Math.Max(0, most - 3)]}..." : line;
        }
    }

    private static string[] Row(JsonElement request, bool isWhole)
    {
        string id = request.GetProperty("request_id").GetString()!, created = request.GetProperty("created_at").GetString()!;
        string prompt = request.GetProperty("input") is { ValueKind: JsonValueKind.Object } input
            && input.TryGetProperty("prompt", out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "";
        JsonElement time = request.GetProperty("inference_time");
        return
        [
            isWhole ? id : id[..Math.Min(ShortId, id.Length)],
            request.GetProperty("status").GetString()!,
            $"{request.GetProperty("status_code")} {request.GetProperty("error_type")}".Trim() is { Length: > 0 } result ? result : "-",
            // 2026-11-30T12:34:56.789Z
            isWhole ? created : created[5..16].Replace('T', ' '),
            time.ValueKind == JsonValueKind.Number ? time.GetDouble().ToString("F1", CultureInfo.InvariantCulture) : "-",
            request.GetProperty("key_name").GetString() is { Length: > 0 } key ? key : "-",
            // A prompt may hold lines and a terminal's commands.
            new string([.. prompt.Select(letter => char.IsControl(letter) ? ' ' : letter)]),
        ];
    }
}
