using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>How many may wait already for one more to be taken in.</summary>
/// <param name="Kind">of its work</param>
/// <param name="Most">of all (Queue:MaxWaiting)</param>
/// <param name="MostInFront">the client's own bound (fal_max_queue_length): so many of the kind may wait, 0 for no wait; null for none</param>
/// <param name="MostOfOwner">of the caller's (its key's MaxWaiting); 0 for no bound</param>
internal sealed record WaitingBounds(JobKind Kind, int Most, int? MostInFront, int MostOfOwner)
{
    /// <summary>Seconds after which a place may be free again.</summary>
    private const int ComeBack = 10;

    /// <summary>Null when there is room.</summary>
    /// <param name="waiting">all</param>
    /// <param name="ofKind">those that wait for the same workers</param>
    /// <param name="ofOwner">the caller's</param>
    public FalError? Refusal(int waiting, int ofKind, int ofOwner)
    {
        if (MostOfOwner > 0 && ofOwner >= MostOfOwner)
        {
            return Full($"This key may have {MostOfOwner} waiting requests, and has them.") with { RetryAfter = ComeBack };
        }

        if (waiting >= Most)
        {
            return Full($"{waiting} requests are waiting, and no more than {Most} may.") with { RetryAfter = ComeBack };
        }

        return ofKind > MostInFront ? Full($"{ofKind} requests are waiting, which is more than the fal_max_queue_length of {MostInFront}.") : null;
    }

    private static FalError Full(string text) => FalError.Infrastructure(429, "concurrent_requests_limit", text);
}
