using System.Diagnostics;
using Ltx.Inference.Generation;

namespace Ltx.Inference.Tests.Generation;

[Fast]
public sealed class StageClockTests
{
    [Fact]
    public void Stages_add_up_to_the_whole_and_what_lies_between_belongs_to_the_one_before()
    {
        long started = Stopwatch.GetTimestamp();
        StageClock clock = new(null, [("a", 1), ("b", 2), ("c", 1)], started);
        clock.Run("a", () => 0);
        // A check behind the stage, which waits for the device. By the clock that is tested: a timer may be early.
        for (long waiting = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(waiting) < TimeSpan.FromMilliseconds(20);) Thread.Sleep(1);
        clock.Run("b", () => 0);
        clock.Run("c", () => 0);
        IReadOnlyList<StageTime> times = clock.Stop();
        TimeSpan whole = Stopwatch.GetElapsedTime(started);

        Assert.Equal(["a", "b", "c"], times.Select(time => time.Stage));
        Assert.True(times[0].Time >= TimeSpan.FromMilliseconds(20));
        TimeSpan sum = times.Aggregate(TimeSpan.Zero, (all, time) => all + time.Time);
        Assert.True(sum <= whole);
        Assert.True(sum >= times[0].Time + times[1].Time);
    }

    [Fact]
    public void Parts_of_a_name_are_added_up_and_stay_with_their_stage()
    {
        StageClock clock = new(null, [("a", 1), ("b", 1)], Stopwatch.GetTimestamp());
        Assert.Equal(3, clock.Run("a", () => clock.Part("x", () => 1) + clock.Part("x", () => 2)));
        clock.Run("b", () => clock.Part("y", () => 0));
        IReadOnlyList<StageTime> times = clock.Stop();
        Assert.Equal(["x"], times[0].Parts.Select(part => part.Stage));
        Assert.Equal(["y"], times[1].Parts.Select(part => part.Stage));
        Assert.True(times[0].Parts[0].Time <= times[0].Time);
    }

    [Fact]
    public void The_share_that_is_done_follows_the_plan()
    {
        List<double> told = [];
        StageClock clock = new(progress => told.Add(progress.Fraction), [("a", 1), ("b", 3)], Stopwatch.GetTimestamp());
        clock.Run("a", () => 0);
        clock.Run("b", 3, tell =>
        {
            for (int i = 1; i <= 3; i++) tell(i);
            return 0;
        });
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], told);
    }
}
