using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Measuring;

public sealed class ForwardMeasureTests
{
    [Theory]
    [InlineData(8160, 16, 17, 30)]
    [InlineData(32640, 16, 40, 51)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(13, 13, 1, 1)]
    [InlineData(997, 1, 1, 997)]
    public void A_grid_has_the_tokens_that_were_asked_for(int tokens, int frames, int height, int width)
    {
        LatentShape grid = ForwardMeasure.Grid(tokens);
        Assert.Equal(new LatentShape(frames, height, width), grid);
        Assert.Equal(tokens, grid.Tokens);
    }

    [Fact]
    public void The_miniatures_forward_is_timed_as_often_as_asked_for()
    {
        using ForwardMeasure measure = new(ModelFolder.Open(Repository.Miniature), CPU, ScalarType.Float32);
        IReadOnlyList<TimeSpan> times = measure.Run(24, 2, TestContext.Current.CancellationToken);
        Assert.Equal(2, times.Count);
        Assert.All(times, time => Assert.True(time > TimeSpan.Zero));
        Assert.True(measure.Work(48).Total > measure.Work(24).Total);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void An_imagined_model_has_every_tensor_and_gives_finite_numbers(ScalarType type)
    {
        // The transformer takes every tensor by name and shape and has none left over; a velocity that is not finite would throw.
        using ForwardMeasure measure = new(WorkTests.Imagined("tiny", layers: 2), CPU, type);
        Assert.Single(measure.Run(32, 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_model_without_blocks_is_none()
    {
        Assert.Throws<WeightsException>(() => WorkTests.Imagined("tiny", layers: 0));
    }

    [Fact]
    public void A_measured_ceiling_is_that_of_this_run()
    {
        Ceiling ceiling = CeilingProbe.Measure(CPU, ScalarType.Float32);
        Assert.All([ceiling.Products, ceiling.Convolutions, ceiling.Attention, ceiling.Copy], rate => Assert.True(double.IsFinite(rate) && rate > 0));
        Assert.Contains("this run", ceiling.Origin, StringComparison.Ordinal);
        Assert.Equal(3, ceiling.Seconds(new Operations(ceiling.Products, ceiling.Convolutions, ceiling.Attention)), 1e-9);
    }

    [Fact]
    public void The_host_says_how_much_memory_was_in_use()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.InRange(PeakMemory.Host()!.Value, 1 << 20, 1L << 50);
        using PeakMemory memory = new(CPU);
        Assert.Null(memory.Device);
    }
}
