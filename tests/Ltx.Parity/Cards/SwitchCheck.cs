using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Lora;
using Ltx.Inference.Measuring;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using TorchSharp;

namespace Ltx.Parity.Cards;

/// <summary>How long it takes to change the LoRAs of all blocks' linear layers: into use, from one to another, and out again.</summary>
internal static class SwitchCheck
{
    public static bool Run(DeviceCheck check)
    {
        const double Target = 1;
        bool good = true;
        using Checkpoint checkpoint = Checkpoint.Open(check.Model.Checkpoint);
        using LtxTransformer transformer = new(checkpoint, check.Device, check.Type);
        LoraMerger merger = new(transformer);
        Console.WriteLine($"{"rank",6} {"change",-18} {"s",8}");
        foreach (int rank in check.Numbers)
        {
            using SyntheticLora one = new(transformer, rank, 1, check.Model.Path), other = new(transformer, rank, 2, check.Model.Path);
            using LoraFile first = LoraFile.Open(one.File), second = LoraFile.Open(other.File);
            foreach ((string change, IReadOnlyList<LoraUse> set) in new (string, IReadOnlyList<LoraUse>)[] { ("none to one", [new(first, 1)]), ("one to another", [new(second, 1)]), ("strength alone", [new(second, 0.5)]), ("to none", []) })
            {
                DeviceClock.Wait(check.Device);
                Stopwatch watch = Stopwatch.StartNew();
                merger.Use(set);
                DeviceClock.Wait(check.Device);
                double seconds = watch.Elapsed.TotalSeconds;
                bool quick = seconds < Target || check.Device.type != DeviceType.CUDA;
                good &= quick;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rank,6} {change,-18} {seconds,8:0.000}{(quick ? "" : "  LONGER THAN 1 s")}"));
            }
        }
        return good;
    }
}
