using Ltx.Inference.Layers;
using Ltx.Inference.Measuring;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Layers;

public sealed class PartClockTests
{
    [Fact]
    public void Every_part_has_its_time_without_what_is_within_it_and_all_are_the_whole()
    {
        PartProfile profile;
        using (PartClock clock = new(CPU))
        {
            using (Part.At("outside"))
            {
                Spin(2);
                using (Part.Of(Part.Products)) Spin(4);
                using (Part.Of(Part.Products))
                {
                    // One within another of the same name is the same part.
                    using (Part.Of(Part.Products)) Spin(4);
                }
            }
            using (Part.Of(Part.Norms)) Spin(1);
            profile = clock.Stop();
        }

        PartTime Of(string place, string kind) => Assert.Single(profile.Parts, part => (part.Place, part.Kind) == (place, kind));
        Assert.Equal([("rest", "rest"), ("outside", "rest"), ("outside", "matrix products"), ("rest", "norms")], profile.Parts.Select(part => (part.Place, part.Kind)));
        Assert.True(Of("outside", Part.Products).Time >= TimeSpan.FromMilliseconds(8));
        Assert.True(Of("outside", "rest").Time >= TimeSpan.FromMilliseconds(2));
        Assert.True(Of("rest", Part.Norms).Time >= TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, Of("outside", Part.Products).Calls);
        Assert.Equal(1, Of("rest", Part.Norms).Calls);
        Assert.InRange(profile.Sum, TimeSpan.FromMilliseconds(11), profile.Whole);
    }

    [Fact]
    public void While_nobody_measures_nothing_is_kept()
    {
        Assert.Null(Part.Watcher);
        void Enter()
        {
            using Part place = Part.At("outside");
            using Part kind = Part.Of(Part.Products);
        }

        Enter();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Enter();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_forward_that_fails_and_another_thread_leave_no_trace()
    {
        PartProfile profile;
        using (PartClock clock = new(CPU))
        {
            Assert.Throws<InvalidOperationException>(() => new PartClock(CPU));
            Assert.Throws<FormatException>(Fail);
            Thread other = new(() =>
            {
                using Part part = Part.At("elsewhere");
                Assert.Null(Part.Watcher);
            });
            other.Start();
            other.Join();
            using (Part.Of(Part.Norms)) Spin(1);
            profile = clock.Stop();
        }
        Assert.Equal([("rest", "rest"), ("rest", "matrix products"), ("rest", "norms")], profile.Parts.Select(part => (part.Place, part.Kind)));
        using (new PartClock(CPU)) Assert.NotNull(Part.Watcher);
        Assert.Null(Part.Watcher);
    }

    [Fact]
    public void Of_a_forward_every_place_and_every_product_is_there()
    {
        const int Layers = 6, SelfProducts = 5, ForwardProducts = 2;
        using ForwardMeasure measure = new(ModelFolder.Open(Repository.Miniature), CPU, ScalarType.Float32);
        PartProfile profile = measure.Profile(24, 1, TestContext.Current.CancellationToken);

        Assert.Equal(
            ["audio feed-forward", "audio to itself", "between video and audio", "ends of the streams", "noise levels", "rest", "text to audio", "text to video", "video feed-forward", "video to itself"],
            profile.Parts.Select(part => part.Place).Distinct().Order(StringComparer.Ordinal));
        int Calls(string place, string kind) => profile.Parts.Single(part => (part.Place, part.Kind) == (place, kind)).Calls;
        // Queries, keys, values, gates and the result; up and down.
        Assert.Equal(Layers * SelfProducts, Calls("video to itself", Part.Products));
        Assert.Equal(2 * Layers * SelfProducts, Calls("between video and audio", Part.Products));
        Assert.Equal(Layers * ForwardProducts, Calls("audio feed-forward", Part.Products));
        Assert.Equal(Layers, Calls("text to audio", Part.Attention));
        Assert.Equal(2 * Layers, Calls("video to itself", Part.Rotation));
        // Times of the same run; what is between two marks belongs to one of the parts.
        Assert.InRange(profile.Sum / profile.Whole, 0.5, 1);
        Assert.True(profile.Submitted <= profile.Whole);
        Assert.Null(Part.Watcher);
    }

    private static void Fail()
    {
        using Part part = Part.Of(Part.Products);
        throw new FormatException();
    }

    private static void Spin(int milliseconds)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(milliseconds)) Thread.SpinWait(100);
    }
}
