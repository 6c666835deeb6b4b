using Ltx.Inference.Generation;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Parity.Cards;

/// <summary>
/// Runs requests one after the other, each with one of three sets of LoRAs, and prints the hash of each result: a process that alternates between
/// sets has to print what a fresh process prints for each.
/// </summary>
internal static class RequestsCheck
{
    private const int Rank = 16;

    public static bool Run(DeviceCheck check)
    {
        SyntheticLora one, two;
        using (Checkpoint checkpoint = Checkpoint.Open(check.Model.Checkpoint))
        {
            // The names and sizes of its layers are all that is wanted of it; on the CPU they lie in the mapped file.
            using LtxTransformer transformer = new(checkpoint, TorchSharp.torch.CPU, TorchSharp.torch.ScalarType.BFloat16);
            (one, two) = (new SyntheticLora(transformer, Rank, 11, check.Model.Path), new SyntheticLora(transformer, Rank, 12, check.Model.Path));
        }
        using (one)
        using (two)
        using (InpaintPipeline pipeline = check.Open(check.Sizes[0]))
        {
            LoraChoice[][] sets = [[], [new LoraChoice(one.File)], [new LoraChoice(one.File, 0.4), new LoraChoice(two.File, 0.7, LoraStages.Stage2)]];
            foreach (int set in check.Numbers)
            {
                using HashSink sink = new();
                InpaintRequest request = DeviceCheck.Request(check.Sizes[0], steps: 2);
                pipeline.Run(request with { Parameters = request.Parameters with { Loras = sets[set] } }, sink);
                Console.WriteLine($"set {set} {sink.End()}");
            }
        }
        return true;
    }
}
