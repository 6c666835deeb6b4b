using System.Collections.Concurrent;
using Ltx.Server.Auth;
using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>How many submits a key has a minute. A token bucket holds one minute's worth. (How many may wait is the queue's to say.)</summary>
internal sealed class KeyLimits(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();

    /// <summary>Null when the key may submit.</summary>
    public FalError? Refusal(ApiKey? key) =>
        key is { RequestsPerMinute: > 0 } && !_buckets.GetOrAdd(key.Name, _ => new Bucket(key.RequestsPerMinute, clock)).TryTake(out var seconds)
            ? FalError.Infrastructure(429, "concurrent_requests_limit", $"This key may send {key.RequestsPerMinute} requests a minute.") with { RetryAfter = seconds }
            : null;

    private sealed class Bucket(int perMinute, TimeProvider clock)
    {
        private readonly Lock _gate = new();
        private double _tokens = perMinute;
        private long _at = clock.GetTimestamp();

        public bool TryTake(out int secondsToWait)
        {
            lock (_gate)
            {
                _tokens = Math.Min(perMinute, _tokens + (clock.GetElapsedTime(_at).TotalMinutes * perMinute));
                _at = clock.GetTimestamp();
                secondsToWait = (int)Math.Ceiling((1 - _tokens) * 60 / perMinute);
                if (_tokens < 1)
                {
                    return false;
                }

                _tokens--;
                return true;
            }
        }
    }
}
