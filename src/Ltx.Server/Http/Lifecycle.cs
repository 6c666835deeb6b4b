using System.Text.Json;

namespace Ltx.Server.Http;

/// <summary>`X-Fal-Object-Lifecycle(-Preference)`: how long a file shall live. A seconds value, or an object without one for "never ends".</summary>
internal static class Lifecycle
{
    /// <summary>Longer than this is for good; a TimeSpan of any count of seconds would overflow.</summary>
    private const double LongestSeconds = 100.0 * 365 * 86400;

    /// <summary>Null: no wish, or one that cannot be read (unknown headers never make a request fail).</summary>
    public static TimeSpan? Read(HttpRequest request, params ReadOnlySpan<string> headers)
    {
        foreach (var name in headers)
        {
            if (!request.Headers.TryGetValue(name, out var value))
            {
                continue;
            }

            try
            {
                using var document = JsonDocument.Parse(value.ToString());
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                {
                    return null;
                }

                if (!document.RootElement.TryGetProperty("expiration_duration_seconds", out var seconds) || seconds.ValueKind == JsonValueKind.Null)
                {
                    return Timeout.InfiniteTimeSpan;
                }

                return seconds.ValueKind == JsonValueKind.Number && seconds.GetDouble() is > 0 and var given
                    ? given > LongestSeconds ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(given)
                    : null;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                return null; // InvalidOperationException: a name that is half a surrogate pair
            }
        }

        return null;
    }
}
