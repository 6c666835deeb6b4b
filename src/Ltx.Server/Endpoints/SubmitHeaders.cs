using System.Globalization;
using Ltx.Server.Fal;
using Ltx.Server.Http;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>The `x-fal-*` headers of a submit or a sync run. Unknown headers and words are ignored; only a malformed deadline is an error.</summary>
internal sealed record SubmitHeaders(Lane Lane, TimeSpan? StartWithin, bool NoRetry, bool StoreIo, TimeSpan? OutputLifetime)
{
    public static (SubmitHeaders? Headers, FalError? Error) Read(HttpRequest request)
    {
        TimeSpan? startWithin = null;
        if (request.Headers.TryGetValue("X-Fal-Request-Timeout", out var timeout))
        {
            if (!double.TryParse(timeout.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) || !double.IsFinite(seconds) || seconds <= 0.1)
            {
                return (null, FalError.Infrastructure(400, "bad_request", "X-Fal-Request-Timeout must be a number of seconds above 0.1."));
            }

            startWithin = TimeSpan.FromSeconds(Math.Min(seconds, 365 * 86400.0));
        }

        var lane = request.Headers["X-Fal-Queue-Priority"].ToString().Trim().ToLowerInvariant() switch { "high" => Lane.High, "low" => Lane.Low, _ => Lane.Normal };
        var noRetry = request.Headers["X-Fal-No-Retry"].ToString().Trim().ToLowerInvariant() is "1" or "true" or "yes";
        var storeIo = request.Headers["X-Fal-Store-IO"].ToString().Trim().ToLowerInvariant() is not ("0" or "false" or "no");
        return (new SubmitHeaders(lane, startWithin, noRetry, storeIo, Lifecycle.Read(request, "X-Fal-Object-Lifecycle-Preference", "X-Fal-Object-Lifecycle")), null);
    }
}
