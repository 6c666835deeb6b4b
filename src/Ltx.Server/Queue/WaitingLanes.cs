namespace Ltx.Server.Queue;

/// <summary>
/// The order of waiting requests: lane by lane, first come first served, except that a request whose LoRAs are loaded may be taken before
/// others near the head of its lane. The bound: nobody is overtaken more than <c>maxOvertakes</c> times. Not thread-safe; the queue locks.
/// </summary>
internal sealed class WaitingLanes(int groupWindow, int maxOvertakes)
{
    private readonly SortedSet<LiveRequest>[] _lanes =
        [.. Enum.GetValues<Lane>().Select(_ => new SortedSet<LiveRequest>(Comparer<LiveRequest>.Create((a, b) => a.Stored.Sequence.CompareTo(b.Stored.Sequence))))];

    public int Count => _lanes.Sum(l => l.Count);

    public int CountOf(Lane lane) => _lanes[(int)lane].Count;

    public IEnumerable<LiveRequest> All => _lanes.SelectMany(l => l);

    public void Add(LiveRequest request)
    {
        _lanes[(int)request.Stored.Lane].Add(request);
        Renumber();
    }

    /// <summary>False when it does not wait (any more).</summary>
    public bool Remove(LiveRequest request)
    {
        if (!_lanes[(int)request.Stored.Lane].Remove(request))
        {
            return false;
        }

        Renumber();
        return true;
    }

    /// <summary>Takes the next request, or null when nobody waits.</summary>
    public LiveRequest? Take(string? loadedLoraSet)
    {
        foreach (var lane in _lanes)
        {
            if (Choose(lane, loadedLoraSet) is not { } chosen)
            {
                continue;
            }

            foreach (var passed in lane.TakeWhile(r => r != chosen))
            {
                passed.CountOvertaking();
            }

            lane.Remove(chosen);
            Renumber();
            return chosen;
        }

        return null;
    }

    /// <summary>What would be taken next if some did not wait; nothing changes.</summary>
    public LiveRequest? Peek(string? loadedLoraSet, Func<LiveRequest, bool> except) =>
        _lanes.Select(lane => Choose([.. lane.Where(r => !except(r)).Take(groupWindow)], loadedLoraSet)).FirstOrDefault(chosen => chosen is not null);

    private LiveRequest? Choose(IReadOnlyCollection<LiveRequest> lane, string? loadedLoraSet)
    {
        var head = lane.FirstOrDefault();
        if (head is null || loadedLoraSet is null || head.Stored.LoraSet == loadedLoraSet)
        {
            return head;
        }

        var match = lane.Take(groupWindow).FirstOrDefault(r => r.Stored.LoraSet == loadedLoraSet);
        return match is not null && lane.TakeWhile(r => r != match).All(r => r.Overtaken < maxOvertakes) ? match : head;
    }

    /// <summary>Positions are kept with the requests: status calls are many and must not count. Streams of those that moved are woken.</summary>
    private void Renumber()
    {
        var position = 0;
        foreach (var request in All)
        {
            if (request.Position != position)
            {
                request.Position = position;
                request.Signal();
            }

            position++;
        }
    }
}
