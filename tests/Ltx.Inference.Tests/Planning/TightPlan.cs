using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Planning;

/// <summary>A CPU with just the memory that an arrangement needs for a request.</summary>
internal static class TightPlan
{
    /// <summary>What a pipeline plans for such a request.</summary>
    public static RequestShape Shape(ModelFolder model, InpaintRequest request) =>
        new RecipeChoice(model, new InpaintOptions()).Usual(new RequestShape(request.Frames.Count, request.Height, request.Width) { IsRgb = request.Yuv is null });

    /// <summary>Bytes that are enough for the arrangement, and not for the request with all weights where they are fastest.</summary>
    public static long Limit(ModelFolder model, InpaintRequest request, TextResidency text, int streamedBlocks)
    {
        // The shortest pieces that change nothing: they are given up first.
        MemoryArrangement resident = MemoryArrangement.Resident with { VaeElements = 1L << 25 };
        MemoryPlanner planner = MemoryPlanner.For(model, ScalarType.Float32, DeviceType.CPU);
        long Worst(MemoryArrangement arrangement) => planner.Predict(Shape(model, request), long.MaxValue, arrangement).Worst.Total;
        long limit = Worst(resident with { Text = text, StreamedBlocks = streamedBlocks }), most = Worst(resident);
        Assert.True(limit < most, $"The arrangement decides nothing here: {limit} and {most} bytes.");
        return limit;
    }
}
