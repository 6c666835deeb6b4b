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
            if (lane.Min is not { } head)
            {
                continue;
            }

            var chosen = head;
            if (loadedLoraSet is not null && head.Stored.LoraSet != loadedLoraSet)
            {
                var match = lane.Take(groupWindow).FirstOrDefault(r => r.Stored.LoraSet == loadedLoraSet);
                if (match is not null && lane.TakeWhile(r => r != match).All(r => r.Overtaken < maxOvertakes))
                {
                    chosen = match;
                }

                foreach (var passed in lane.TakeWhile(r => r != chosen))
                {
                    passed.CountOvertaking();
                }
            }

            lane.Remove(chosen);
            Renumber();
            return chosen;
        }

        return null;
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
