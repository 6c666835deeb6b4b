using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Ltx.Inference.Lora;
using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Parity.Cards;

/// <summary>
/// How long it takes to change the LoRAs of all blocks' linear layers: into use, from one to another, and out again; for every place that pristine
/// weights can be read from, which must all give the same weights.
/// </summary>
internal static class SwitchCheck
{
    private const double Target = 1;

    public static bool Run(DeviceCheck check)
    {
        bool good = true;
        Dictionary<(int Rank, string Change), string> weights = [];
        Console.WriteLine($"{"pristine",-10} {"rank",6} {"change",-18} {"s",8}  weights");
        foreach (PristineSource source in Sources(check))
        {
            using Checkpoint checkpoint = Checkpoint.Open(check.Model.Checkpoint);
            using LtxTransformer transformer = new(checkpoint, check.Device, check.Type, pristine: source);
            if (transformer.PristineRefusal is { } refusal)
            {
                Console.WriteLine($"{Name(source),-10} {refusal}");
                good = false;
                continue;
            }
            LoraMerger merger = new(transformer.Weights);
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
                    string hash = Fingerprint(transformer), expected = weights.TryAdd((rank, change), hash) ? hash : weights[(rank, change)];
                    // Through buffers it is as fast as the host copies; what is pinned goes at the bus's rate.
                    bool quick = seconds < Target || source == PristineSource.File || check.Device.type != DeviceType.CUDA;
                    good &= quick && hash == expected;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Name(source),-10} {rank,6} {change,-18} {seconds,8:0.000}  {hash}{(quick ? "" : "  LONGER THAN 1 s")}{(hash == expected ? "" : "  NOT THE SAME")}"));
                }
            }
        }
        return good;
    }

    // The file's own pages where it lies in memory; a pinned copy where there is room for one, for the comparison's sake also beside those.
    private static IEnumerable<PristineSource> Sources(DeviceCheck check)
    {
        using (SafetensorsFile file = SafetensorsFile.Open(check.Model.Checkpoint))
        {
            if (file.LiesInMemory) yield return PristineSource.Mapped;
        }
        MemoryPlanner planner = MemoryPlanner.For(check.Model, check.Type, check.Device.type);
        if (PristinePlan.Choose(planner.PristineBytes, 0, HostMemory.Available, liesInMemory: false, PinnedWeights.Auto).Source == PristineSource.Pinned) yield return PristineSource.Pinned;
        yield return PristineSource.File;
    }

    private static string Name(PristineSource source) => source.ToString().ToLowerInvariant();

    // Sums and norms of all weights.
    private static string Fingerprint(LtxTransformer transformer)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> facts = [];
        foreach (LinearSlot linear in transformer.Linears.Values)
        {
            using Tensor weight = linear.Weight.ToFloat32();
            facts.Add(weight.sum());
            facts.Add(weight.norm());
        }
        float[] numbers = stack(facts).cpu().data<float>().ToArray();
        return Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(numbers)))[..16];
    }
}
