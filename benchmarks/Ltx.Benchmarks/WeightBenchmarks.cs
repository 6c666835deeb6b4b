using BenchmarkDotNet.Attributes;
using Ltx.Inference.Lora;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>From files to models.</summary>
public class WeightBenchmarks
{
    private SafetensorsFile file = null!;

    [GlobalSetup]
    public void Setup() => file = SafetensorsFile.Open(Miniature.Folder.Checkpoint);

    [GlobalCleanup]
    public void Cleanup() => file.Dispose();

    [Benchmark(Description = "open a safetensors file")]
    public void Open() => SafetensorsFile.Open(Miniature.Folder.Checkpoint).Dispose();

    [Benchmark(Description = "look at all its tensors")]
    public void View()
    {
        foreach (TensorEntry entry in file.Tensors.Values) file.View(entry).Dispose();
    }

    [Benchmark(Description = "read all its tensors as float32")]
    public void Read()
    {
        foreach (TensorEntry entry in file.Tensors.Values)
        {
            using Tensor view = file.View(entry);
            view.to(ScalarType.Float32, copy: true).Dispose();
        }
    }

    [Benchmark(Description = "build the transformer")]
    public void BuildTransformer()
    {
        using Checkpoint checkpoint = Miniature.OpenCheckpoint();
        new LtxTransformer(checkpoint, CPU, ScalarType.Float32).Dispose();
    }

    [Benchmark(Description = "open a LoRA")]
    public void OpenLora() => LoraFile.Open(Path.Combine(Miniature.Folder.Path, "loras", "magenta.safetensors")).Dispose();
}
