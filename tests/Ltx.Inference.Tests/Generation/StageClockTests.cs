using System.Diagnostics;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;

namespace Ltx.Inference.Tests.Generation;

[Fast]
public sealed class StageClockTests
{
    [Fact]
    public void Stages_add_up_to_the_whole_and_what_lies_between_belongs_to_the_one_before()
    {
        long started = Stopwatch.GetTimestamp();
        StageClock clock = new(null);
        clock.Run(InpaintStage.Preparing, () => 0);
        // A check behind the stage, which waits for the device. By the clock that is tested: a timer may be early.
        for (long waiting = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(waiting) < TimeSpan.FromMilliseconds(20);) Thread.Sleep(1);
        clock.Run(InpaintStage.Prompt, () => 0);
        clock.Run(InpaintStage.Source, () => 0);
        IReadOnlyList<StageTime> times = clock.Stop();
        TimeSpan whole = Stopwatch.GetElapsedTime(started);

        Assert.Equal(["preparing", "prompt", "source"], times.Select(time => time.Stage));
        Assert.True(times[0].Time >= TimeSpan.FromMilliseconds(20));
        TimeSpan sum = times.Aggregate(TimeSpan.Zero, (all, time) => all + time.Time);
        Assert.True(sum <= whole);
        Assert.True(sum >= times[0].Time + times[1].Time);
    }

    [Fact]
    public void Parts_of_a_name_are_added_up_and_stay_with_their_stage()
    {
        StageClock clock = new(null);
        Assert.Equal(3, clock.Run(InpaintStage.Preparing, () => clock.Part("x", () => 1) + clock.Part("x", () => 2)));
        clock.Run(InpaintStage.Prompt, () => clock.Part("y", () => 0));
        IReadOnlyList<StageTime> times = clock.Stop();
        Assert.Equal(["x"], times[0].Parts.Select(part => part.Stage));
        Assert.Equal(["y"], times[1].Parts.Select(part => part.Stage));
        Assert.True(times[0].Parts[0].Time <= times[0].Time);
    }

    [Fact]
    public void The_share_that_is_done_follows_what_the_stages_were_said_to_be()
    {
        List<double> told = [];
        StageClock clock = new(progress => told.Add(progress.Fraction));
        clock.Note("before anything is known");
        clock.Weigh([(InpaintStage.Preparing, 1), (InpaintStage.Prompt, 3)]);
        clock.Run(InpaintStage.Preparing, () => 0);
        clock.Run(InpaintStage.Prompt, 3, tell =>
        {
            for (int i = 1; i <= 3; i++) tell(i);
        });
        Assert.Equal([0, 0, 0.25, 0.5, 0.75, 1], told);
    }
}
