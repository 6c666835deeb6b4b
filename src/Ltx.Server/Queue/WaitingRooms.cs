using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>
/// Waiting requests of every kind of work. Each kind has an order of its own, since nobody waits for workers of another; how many may wait is counted
/// over all. Not thread-safe; the queue locks.
/// </summary>
internal sealed class WaitingRooms(int groupWindow, int maxOvertakes)
{
    private readonly WaitingLanes[] _rooms = [.. Enum.GetValues<JobKind>().Select(_ => new WaitingLanes(groupWindow, maxOvertakes))];

    /// <summary>Those that wait, and those that are about to.</summary>
    public int Count => _rooms.Sum(room => room.Count);

    public IEnumerable<LiveRequest> All => _rooms.SelectMany(room => room.All);

    public int CountOf(JobKind kind) => _rooms[(int)kind].Count;

    public int CountOf(Lane lane) => _rooms.Sum(room => room.CountOf(lane));

    public int CountOf(string owner) => _rooms.Sum(room => room.CountOf(owner));

    /// <summary>Counts one that is on its way.</summary>
    public void Reserve(JobKind kind, string owner) => _rooms[(int)kind].Reserve(owner);

    public void Unreserve(JobKind kind, string owner) => _rooms[(int)kind].Unreserve(owner);

    public void Add(IReadOnlyCollection<LiveRequest> requests)
    {
        foreach (var group in requests.GroupBy(request => request.Kind))
        {
            _rooms[(int)group.Key].Add([.. group]);
        }
    }

    /// <summary>False when it does not wait (any more).</summary>
    public bool Remove(LiveRequest request) => _rooms[(int)request.Kind].Remove(request);

    /// <summary>Those of them that waited.</summary>
    public List<LiveRequest> Remove(IReadOnlyCollection<LiveRequest> requests) =>
        [.. requests.GroupBy(request => request.Kind).SelectMany(group => _rooms[(int)group.Key].Remove([.. group]))];

    /// <summary>Takes the next request of a kind, or null when nobody waits.</summary>
    public LiveRequest? Take(JobKind kind, string? loadedLoraSet) => _rooms[(int)kind].Take(loadedLoraSet);

    /// <summary>What would be taken next if some did not wait; nothing changes.</summary>
    public LiveRequest? Peek(JobKind kind, string? loadedLoraSet, Func<LiveRequest, bool> except) => _rooms[(int)kind].Peek(loadedLoraSet, except);
}
