using Ltx.Inference.Native;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Parity.Cards;

/// <summary>A LoRA of random numbers on every linear layer of a transformer's blocks, in a file that goes with this.</summary>
internal sealed class SyntheticLora : IDisposable
{
    private readonly string folder;

    /// <param name="rank">of every module that is not smaller itself</param>
    /// <param name="folder">where the file goes; beside the model, which may lie in memory</param>
    public SyntheticLora(LtxTransformer transformer, int rank, long seed, string folder)
    {
        this.folder = Path.Combine(folder, $"loras-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(this.folder);
        File = Path.Combine(this.folder, $"rank-{rank}-{seed}.safetensors");
        List<ExpectedTensor> tensors = [];
        foreach ((string name, LinearSlot linear) in transformer.Linears.Where(linear => linear.Key.StartsWith("transformer_blocks.", StringComparison.Ordinal)))
        {
            long inner = Math.Min(rank, Math.Min(linear.InFeatures, linear.OutFeatures));
            tensors.Add(new ExpectedTensor($"diffusion_model.{name}.lora_A.weight", ElementType.BFloat16, [inner, linear.InFeatures], TensorRole.Weight));
            tensors.Add(new ExpectedTensor($"diffusion_model.{name}.lora_B.weight", ElementType.BFloat16, [linear.OutFeatures, inner], TensorRole.LoraUp));
        }
        SafetensorsWriter.Write(File, tensors, new Dictionary<string, string>(), new RandomValues(seed), _ => { }, CancellationToken.None);
    }

    public string File { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
