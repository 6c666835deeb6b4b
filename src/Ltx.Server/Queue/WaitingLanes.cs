namespace Ltx.Server.Queue;

/// <summary>
/// The order of waiting requests: lane by lane, first come first served, except that a request whose LoRAs are loaded may be taken before
/// others near the head of its lane. The bound: nobody is overtaken more than <c>maxOvertakes</c> times. Not thread-safe; the queue locks.
/// </summary>
internal sealed class WaitingLanes(int groupWindow, int maxOvertakes)
{
    private readonly SortedSet<LiveRequest>[] _lanes =
        [.. Enum.GetValues<Lane>().Select(_ => new SortedSet<LiveRequest>(Comparer<LiveRequest>.Create((a, b) => a.Stored.Sequence.CompareTo(b.Stored.Sequence))))];

    private readonly Dictionary<string, int> _owners = new(StringComparer.Ordinal);
    private int _reserved;

    /// <summary>Those that wait, and those that are about to.</summary>
    public int Count => _lanes.Sum(l => l.Count) + _reserved;

    public int CountOf(Lane lane) => _lanes[(int)lane].Count;

    public IEnumerable<LiveRequest> All => _lanes.SelectMany(l => l);

    public int CountOf(string owner) => _owners.GetValueOrDefault(owner);

    /// <summary>Counts one that is on its way.</summary>
    public void Reserve(string owner)
    {
        _reserved++;
        CountOwner(owner, 1);
    }

    public void Unreserve(string owner)
    {
        _reserved--;
        CountOwner(owner, -1);
    }

    /// <summary>Adds any number at the price of one look at all: a start brings back as many as may wait.</summary>
    public void Add(IReadOnlyCollection<LiveRequest> requests)
    {
        foreach (var request in requests)
        {
            if (_lanes[(int)request.Stored.Lane].Add(request))
            {
                CountOwner(request.Stored.Owner, 1);
            }
        }

        if (requests.Count == 1 && requests.First() is var last && IsLast(last))
        {
            last.Position = _lanes.Sum(lane => lane.Count) - 1; // nobody else moved
        }
        else
        {
            Renumber();
        }
    }

    /// <summary>False when it does not wait (any more).</summary>
    public bool Remove(LiveRequest request) => Remove([request]).Count > 0;

    /// <summary>Those of them that waited.</summary>
    public List<LiveRequest> Remove(IReadOnlyCollection<LiveRequest> requests)
    {
        List<LiveRequest> removed = [.. requests.Where(TryRemove)];
        if (removed.Count > 0)
        {
            Renumber();
        }

        return removed;
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

            Remove(chosen);
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

    private bool TryRemove(LiveRequest request)
    {
        if (!_lanes[(int)request.Stored.Lane].Remove(request))
        {
            return false;
        }

        CountOwner(request.Stored.Owner, -1);
        return true;
    }

    private void CountOwner(string owner, int more)
    {
        var count = _owners.GetValueOrDefault(owner) + more;
        if (count == 0)
        {
            _owners.Remove(owner);
        }
        else
        {
            _owners[owner] = count;
        }
    }

    private bool IsLast(LiveRequest request) =>
        _lanes[(int)request.Stored.Lane].Max == request && _lanes.Skip((int)request.Stored.Lane + 1).All(lane => lane.Count == 0);

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
