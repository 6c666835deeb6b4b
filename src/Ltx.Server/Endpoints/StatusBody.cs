using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>Status objects. Python reads `queue_position` and `logs` by name, so they are there even when they are null.</summary>
internal static class StatusBody
{
    public static string Word(RequestState state) => state switch { RequestState.Queued => "IN_QUEUE", RequestState.Running => "IN_PROGRESS", _ => "COMPLETED" };

    /// <summary>The status of a waiting or running request. <paramref name="logs"/> null: they were not asked for.</summary>
    public static byte[] Live(LiveRequest request, RequestState state, IReadOnlyList<LogLine>? logs) => FalJson.Bytes(json =>
    {
        json.WriteStartObject();
        Head(json, Word(state), request.Stored);
        WriteLogs(json, state == RequestState.Queued ? null : logs);
        json.WriteStartObject("metrics");
        json.WriteEndObject();
        if (state == RequestState.Queued)
        {
            json.WriteNumber("queue_position", request.Position);
        }
        else if (request.Progress is { } progress)
        {
            json.WriteStartObject("progress");
            json.WriteString("stage", progress.Stage);
            json.WriteNumber("step", progress.Step);
            json.WriteNumber("steps", progress.Steps);
            json.WriteNumber("fraction", Math.Round(Math.Clamp(progress.Fraction, 0, 1), 4));
            if (progress.Loss is { } loss)
            {
                json.WritePropertyName("loss");
                FalJson.WriteValue(json, loss);
            }

            json.WritePropertyName("seconds_left");
            FalJson.WriteValue(json, progress.SecondsLeft is { } left ? Math.Round(left, 1) : null);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>The answer to a submit: a status object of its own, with the id that fal's gateway adds.</summary>
    public static byte[] Submitted(LiveRequest request) => FalJson.Bytes(json =>
    {
        json.WriteStartObject();
        Head(json, "IN_QUEUE", request.Stored);
        json.WriteString("gateway_request_id", request.Id);
        json.WriteNull("logs");
        json.WriteStartObject("metrics");
        json.WriteEndObject();
        json.WriteNumber("queue_position", request.Position);
        json.WriteEndObject();
    });

    /// <summary>The status of a completed request. Model errors leave `error` out, as recorded from fal; the result call has them.</summary>
    public static byte[] Completed(StoredRequest request, IReadOnlyList<LogLine>? logs) => FalJson.Bytes(json =>
    {
        json.WriteStartObject();
        Head(json, "COMPLETED", request);
        WriteLogs(json, logs);
        json.WriteStartObject("metrics");
        if (request.Seconds is { } seconds)
        {
            json.WriteNumber("inference_time", seconds);
        }

        json.WriteEndObject();
        if (request.ErrorType is { } type)
        {
            json.WriteString("error", ErrorText(request) ?? type);
            json.WriteString("error_type", type);
        }

        json.WriteEndObject();
    });

    public static void WriteLogs(Utf8JsonWriter json, IReadOnlyList<LogLine>? logs)
    {
        if (logs is null)
        {
            json.WriteNull("logs");
            return;
        }

        json.WriteStartArray("logs");
        foreach (var line in logs)
        {
            json.WriteStartObject();
            json.WriteString("message", line.Message);
            json.WriteString("level", line.Level);
            json.WriteString("source", "USER");
            json.WriteString("timestamp", line.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Head(Utf8JsonWriter json, string status, StoredRequest request)
    {
        var url = $"{request.BaseUrl}/{request.Application.App}/requests/{request.Id}";
        json.WriteString("status", status);
        json.WriteString("request_id", request.Id);
        json.WriteString("response_url", url);
        json.WriteString("status_url", url + "/status");
        json.WriteString("cancel_url", url + "/cancel");
    }

    private static string? ErrorText(StoredRequest request)
    {
        if (request.Result is null)
        {
            return null;
        }

        using var body = JsonDocument.Parse(request.Result);
        return body.RootElement.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? detail.GetString() : null;
    }
}
