using System.Globalization;
using System.Text.Json;

namespace Ltx.Inference.Weights;

/// <summary>What is wrong with a JSON text, as part of a sentence.</summary>
internal static class JsonFault
{
    // System.Text.Json ends its messages with " Path: ... | LineNumber: 0 | BytePositionInLine: 1.", counted from 0.
    private static readonly string[] Places = [" Path: ", " LineNumber: "];

    /// <summary>The reason alone, with the line as an editor counts it.</summary>
    public static string Describe(Exception error)
    {
        string reason = error.Message;
        foreach (string place in Places)
        {
            int at = reason.IndexOf(place, StringComparison.Ordinal);
            if (at >= 0) reason = reason[..at];
        }
        reason = reason.TrimEnd('.').Replace(". ", "; ", StringComparison.Ordinal);
        return error is JsonException { LineNumber: { } line } ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}: {reason}") : reason;
    }
}
