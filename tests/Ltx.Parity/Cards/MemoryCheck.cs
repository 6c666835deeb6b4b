using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using TorchSharp;

namespace Ltx.Parity.Cards;

/// <summary>The plan's predictions against what is seen. On a card all of it counts, weights and libraries included; on a CPU what stages hold beside weights.</summary>
internal static class MemoryCheck
{
    private const double Tolerance = 0.10;

    public static bool Run(DeviceCheck check)
    {
        bool onCard = check.Device.type == DeviceType.CUDA, good = true;
        long before = MemoryWatch.Used(check.Device);
        Console.WriteLine($"{"size",-24} {"stage",-12} {"predicted GB",12} {"seen GB",12} {"ratio",8}");
        foreach (RequestShape size in check.Sizes)
        {
            // A pipeline each: what the allocator keeps of a larger request would be counted for a smaller one.
            using InpaintPipeline pipeline = check.Open(size);
            // What a model makes once comes in the first run.
            if (!onCard) pipeline.Run(Worst(size), new HashSink());
            using MemoryWatch watch = new(check.Device, before);
            pipeline.Run(Worst(size), new HashSink(), progress => watch.Stage = progress.Stage);
            IReadOnlyDictionary<string, long> seen = watch.End();
            // A card's allocator gives nothing back between stages, so that only the worst so far can be compared.
            long predicted = 0, most = 0;
            foreach (StagePeak stage in pipeline.Plan.Stages)
            {
                long expected = onCard ? stage.Total : stage.Activations + stage.Workspace;
                (predicted, most) = onCard ? (Math.Max(predicted, expected), Math.Max(most, seen.GetValueOrDefault(stage.Stage.Name()))) : (expected, seen.GetValueOrDefault(stage.Stage.Name()));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size,-24} {stage.Stage.Name(),-12} {predicted / 1e9,12:0.000} {most / 1e9,12:0.000} {(double)most / predicted,8:0.00}"));
            }
            MemoryArrangement arrangement = pipeline.Plan.Arrangement;
            long worst = onCard ? predicted : pipeline.Plan.Stages.Max(stage => stage.Activations + stage.Workspace), worstSeen = pipeline.Plan.Stages.Max(stage => seen.GetValueOrDefault(stage.Stage.Name()));
            double ratio = (double)worstSeen / worst;
            bool near = Math.Abs(ratio - 1) <= Tolerance;
            good &= near;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size,-24} {"WORST",-12} {worst / 1e9,12:0.000} {worstSeen / 1e9,12:0.000} {ratio,8:0.00} {(near ? "within 10 %" : "NOT WITHIN 10 %")}; text encoder {arrangement.Text}, {arrangement.StreamedBlocks} blocks streamed, VAE {(arrangement.VaeTiling is null ? "whole" : "tiled")}"));
        }
        return good;
    }

    // What is planned for: a mask that reaches everywhere, and so does the composite, with a seam.
    private static InpaintRequest Worst(RequestShape size)
    {
        byte[] mask = new byte[size.Height * size.Width];
        mask.AsSpan(size.Width).Fill(byte.MaxValue);
        return DeviceCheck.Request(size, steps: 1) with { Mask = [mask] };
    }
}
