using System.Collections.Concurrent;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Auth;

/// <summary>Per-key limits on submits. A token bucket holds one minute's worth.</summary>
internal sealed class KeyLimits(RequestQueue queue, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();

    /// <summary>Null when the key may submit, else what to answer and after how many seconds to come back.</summary>
    public (FalError Error, int RetryAfter)? Refusal(ApiKey? key)
    {
        if (key is { MaxWaiting: > 0 } && queue.WaitingOf(key.Name) >= key.MaxWaiting)
        {
            return (FalError.Infrastructure(429, "concurrent_requests_limit", $"This key may have {key.MaxWaiting} waiting requests, and has them."), 10);
        }

        if (key is { RequestsPerMinute: > 0 } && !_buckets.GetOrAdd(key.Name, _ => new Bucket(key.RequestsPerMinute, clock)).TryTake(out var seconds))
        {
            return (FalError.Infrastructure(429, "concurrent_requests_limit", $"This key may send {key.RequestsPerMinute} requests a minute."), seconds);
        }

        return null;
    }

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
