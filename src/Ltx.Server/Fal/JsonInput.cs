using System.Text.Json;
using System.Text.Unicode;

namespace Ltx.Server.Fal;

/// <summary>
/// Reads a request body as JSON the way Python's servers do: duplicate keys are allowed and the last one counts, a byte order mark is
/// skipped, the content type is not looked at.
/// </summary>
internal static class JsonInput
{
    /// <summary>The document, or the error that says where it broke.</summary>
    public static (JsonDocument? Document, FalDetail? Error) Parse(ReadOnlyMemory<byte> body, int maxDepth)
    {
        if (body.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            body = body[3..];
        }

        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return (null, new FalDetail("missing", ["body"], "Field required"));
        }

        if (!Utf8.IsValid(body.Span))
        {
            return (null, Broken(0, "the body is not UTF-8"));
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = maxDepth });
            CheckNames(body.Span, maxDepth);
            return (document, null);
        }
        catch (JsonException e)
        {
            document?.Dispose();
            return (null, Broken(e.BytePositionInLine ?? 0, "the body is not valid JSON, or nests too deeply"));
        }
    }

    /// <summary>The string, or null when it holds half of a surrogate pair, which JSON can spell and no text can hold.</summary>
    public static string? TryGetText(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Names with half a surrogate pair would throw at every later look at the object.</summary>
    private static void CheckNames(ReadOnlySpan<byte> body, int maxDepth)
    {
        Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException)
                {
                    throw new JsonException("a name is not valid Unicode", null, null, reader.TokenStartIndex);
                }
            }
        }
    }

    private static FalDetail Broken(long position, string reason) =>
        new("json_invalid", ["body", position], "JSON decode error") { Context = new Dictionary<string, object?> { ["error"] = reason }, InputJson = "{}" };
}
