using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>One entry of `detail` in a model or validation error. <paramref name="Location"/> holds strings and ints, the ints being list indices.</summary>
internal sealed record FalDetail(string Type, IReadOnlyList<object> Location, string Message)
{
    /// <summary>Shortened: it may quote a file's names and metadata, of which there may be megabytes.</summary>
    public string Message { get; init; } = FalMessages.Shorten(Message);

    public IReadOnlyDictionary<string, object?>? Context { get; init; }

    /// <summary>The offending value as JSON, already shortened and without secrets.</summary>
    public string? InputJson { get; init; }

    /// <summary>Writes the entry in the order of keys that fal's live answers have.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("loc");
        foreach (var part in Location)
        {
            FalJson.WriteValue(json, part);
        }

        json.WriteEndArray();
        json.WriteString("msg", Message);
        json.WriteString("type", Type);
        json.WriteString("url", "https://docs.fal.ai/errors#" + Type);
        if (Context is not null)
        {
            json.WritePropertyName("ctx");
            FalJson.WriteValue(json, Context);
        }

        if (InputJson is not null)
        {
            json.WritePropertyName("input");
            json.WriteRawValue(InputJson, skipInputValidation: true);
        }

        json.WriteEndObject();
    }
}
