using FsCheck;
using FsCheck.Fluent;
using Ltx.Server.Fal;
using Ltx.Server.Queue;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Queue;

[Fast]
public class WaitingLanesTests
{
    [Fact]
    public void Grouping_takes_the_same_loras_first_within_the_window()
    {
        WaitingLanes lanes = new(groupWindow: 3, maxOvertakes: 1);
        foreach (var (sequence, set) in new[] { (1, "b"), (2, "c"), (3, "a"), (4, "a") })
        {
            lanes.Add([Request(sequence, Lane.Normal, set)]);
        }

        Assert.Equal(3, lanes.Take("a")!.Stored.Sequence);
        Assert.Equal(1, lanes.Take("a")!.Stored.Sequence); // has been overtaken once and is not again
    }

    [Fact]
    public void Nobody_is_overtaken_more_often_than_allowed_and_lanes_never_mix()
    {
        var gen = from lane in Gen.Choose(0, 2) from set in Gen.Choose(0, 2) select (Lane: (Lane)lane, Set: set.ToString());
        Prop.ForAll(gen.ListOf().ToArbitrary(), requests =>
        {
            WaitingLanes lanes = new(4, 2);
            List<LiveRequest> all = [.. requests.Select((r, i) => Request(i, r.Lane, r.Set))];
            all.ForEach(r => lanes.Add([r]));
            List<LiveRequest> taken = [];
            string? loaded = null;
            while (lanes.Peek(loaded, _ => false) is var peeked && lanes.Take(loaded) is { } next)
            {
                Assert.Same(peeked, next);
                taken.Add(next);
                loaded = next.Stored.LoraSet;
                Assert.Equal(Enumerable.Range(0, lanes.Count), lanes.All.Select(r => r.Position));
                Assert.Equal(lanes.Count, lanes.CountOf(""));
            }

            // Brought back together they stand as they stood when they came one by one.
            WaitingLanes together = new(4, 2);
            together.Add(all);
            Assert.Equal(all.OrderBy(r => r.Stored.Lane).ThenBy(r => r.Stored.Sequence), together.All);
            Assert.Equal(Enumerable.Range(0, all.Count), together.All.Select(r => r.Position));
            Assert.Equal(all.Where((_, i) => i % 2 == 0), together.Remove([.. all.Where((_, i) => i % 2 == 0)]));
            Assert.Equal(Enumerable.Range(0, together.Count), together.All.Select(r => r.Position));

            Assert.Equal(all.Count, taken.Distinct().Count());
            Assert.Equal(taken.Select(t => t.Stored.Lane).Order(), taken.Select(t => t.Stored.Lane));
            foreach (var (place, request) in taken.Index())
            {
                Assert.InRange(taken.Take(place).Count(t => t.Stored.Lane == request.Stored.Lane && t.Stored.Sequence > request.Stored.Sequence), 0, 2);
            }
        }).Check(SameEveryTime.Config(200));
    }

    [Fact]
    public void A_look_changes_nothing_and_passes_those_that_do_not_count()
    {
        WaitingLanes lanes = new(groupWindow: 3, maxOvertakes: 1);
        List<LiveRequest> all = [Request(1, Lane.Normal, "b"), Request(2, Lane.Normal, "a"), Request(3, Lane.High, "c")];
        all.ForEach(r => lanes.Add([r]));
        Assert.Same(all[2], lanes.Peek("a", _ => false));
        Assert.Same(all[1], lanes.Peek("a", r => r == all[2]));
        Assert.Same(all[0], lanes.Peek("a", r => r != all[0]));
        Assert.Null(lanes.Peek("a", _ => true));
        Assert.Equal(3, lanes.Count);
        Assert.All(all, request => Assert.Equal(0, request.Overtaken));
    }

    private static LiveRequest Request(long sequence, Lane lane, string set) => new(new StoredRequest
    {
        Sequence = sequence,
        Id = sequence.ToString(),
        Endpoint = Applications.Default.Id,
        Owner = "",
        Lane = lane,
        State = RequestState.Queued,
        Attempts = 0,
        Proven = 0,
        Sync = false,
        BaseUrl = "",
        StoreIo = true,
        NoRetry = false,
        CancelRequested = false,
        LoraSet = set,
        OutputSeconds = null,
        SubmittedAt = default,
        StartDeadline = null,
        StartedAt = null,
        FinishedAt = null,
        StatusCode = null,
        Result = null,
        ErrorType = null,
        TimeoutType = null,
        Retryable = null,
        Units = null,
        Seconds = null,
        Timings = null,
        OutputId = null,
        PayloadDeleted = false,
    });
}
