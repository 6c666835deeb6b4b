using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>One request in a listing, long strings (data URIs) shortened.</summary>
internal static class RequestListing
{
    private const int LongestString = 4096;

    public static void Write(Utf8JsonWriter json, StoredRequest request, byte[]? input, bool withOwner, IReadOnlyList<LogLine>? logs)
    {
        json.WriteStartObject();
        json.WriteString("request_id", request.Id);
        json.WriteString("endpoint_id", request.Application.Id);
        if (withOwner)
        {
            json.WriteString("key_name", request.Owner);
        }

        json.WriteString("status", StatusBody.Word(request.State));
        json.WritePropertyName("status_code");
        FalJson.WriteValue(json, request.StatusCode);
        json.WriteString("error_type", request.ErrorType);
        json.WriteString("priority", request.Lane switch { Lane.High => "high", Lane.Low => "low", _ => "normal" });
        json.WriteNumber("attempts", request.Attempts);
        Time(json, "created_at", request.SubmittedAt);
        Time(json, "started_at", request.StartedAt);
        Time(json, "completed_at", request.FinishedAt);
        json.WritePropertyName("inference_time");
        FalJson.WriteValue(json, request.Seconds);
        json.WritePropertyName("timings");
        json.WriteRawValue(request.Timings ?? "null", skipInputValidation: true);
        json.WriteBoolean("payload_deleted", request.PayloadDeleted);
        json.WritePropertyName("input");
        WriteInput(json, request.StoreIo ? input : null);
        json.WritePropertyName("output");
        WriteOutput(json, request.StoreIo ? request : request with { Result = null });
        if (logs is not null)
        {
            StatusBody.WriteLogs(json, logs);
        }

        json.WriteEndObject();
    }

    /// <summary>The input as listings show it; null when it is still too long for them.</summary>
    public static byte[]? Shorten(JsonElement input)
    {
        var shortened = FalJson.Bytes(json => FalJson.WriteShortened(json, input, LongestString));
        return shortened.Length <= RequestStore.LargestInlineInput ? shortened : null;
    }

    private static void WriteInput(Utf8JsonWriter json, byte[]? input)
    {
        if (input is null || JsonInput.Parse(input, 1000).Document is not { } document)
        {
            json.WriteNullValue();
            return;
        }

        using (document)
        {
            FalJson.WriteShortened(json, document.RootElement, LongestString);
        }
    }

    private static void WriteOutput(Utf8JsonWriter json, StoredRequest request)
    {
        if (request.Result is not { } result)
        {
            json.WriteNullValue();
            return;
        }

        using var stored = JsonDocument.Parse(result);
        using var output = request.StatusCode == 200 ? JsonDocument.Parse(FalJson.Bytes(body => ResultBody.Write(body, request, stored.RootElement))) : null;
        FalJson.WriteShortened(json, (output ?? stored).RootElement, LongestString);
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
}
