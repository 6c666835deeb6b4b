using System.Buffers;
using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ltx.Server.Fal;

/// <summary>JSON as all answers have it: ASCII only, because fal's JavaScript client decodes each network chunk on its own.</summary>
internal static class FalJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default, SkipValidation = true, MaxDepth = 2000 };

    public static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static string Text(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(Bytes(write));

    /// <summary>Writes the plain values that errors carry: strings, numbers, booleans, lists and dictionaries of them.</summary>
    public static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsInteger(number) && Math.Abs(number) < 1L << 53: json.WriteNumberValue((long)number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double: json.WriteNullValue(); break;
            case IReadOnlyDictionary<string, object?> map:
                json.WriteStartObject();
                foreach (var (key, item) in map)
                {
                    json.WritePropertyName(key);
                    WriteValue(json, item);
                }

                json.WriteEndObject();
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"A {value.GetType()} has no form in an answer.", nameof(value));
        }
    }

    /// <summary>Copies a value, strings longer than <paramref name="longest"/> cut: an echoed data URI would make an answer of hundreds of megabytes.</summary>
    public static void WriteShortened(Utf8JsonWriter json, JsonElement value, int longest)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    WriteShortened(json, property.Value, longest);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    WriteShortened(json, item, longest);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                if (JsonInput.TryGetText(value) is { } text && text.Length > longest)
                {
                    json.WriteStringValue($"{text.AsSpan(0, longest)}... ({text.Length} characters)");
                }
                else
                {
                    json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                }

                break;
            default:
                json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
