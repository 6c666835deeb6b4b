using System.Buffers.Binary;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Ltx.Inference.Lora;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>A LoRA into every linear layer of the transformer's blocks, and out again.</summary>
public class LoraBenchmarks
{
    private const string Prefix = "diffusion_model.", File = "random.safetensors";

    private readonly string folder = Directory.CreateTempSubdirectory("ltx-benchmarks-").FullName;
    private Checkpoint checkpoint = null!;
    private LtxTransformer transformer = null!;
    private LoraMerger merger = null!;
    private LoraFile lora = null!;

    [Params(4, 32, 384)]
    public int Rank { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        checkpoint = Miniature.OpenCheckpoint();
        transformer = new LtxTransformer(checkpoint, CPU, ScalarType.Float32);
        merger = new LoraMerger(transformer.Weights);
        string path = Path.Combine(folder, File);
        Write(path, transformer.Linears.Where(linear => linear.Key.StartsWith("transformer_blocks.", StringComparison.Ordinal)));
        lora = LoraFile.Open(path);
    }

    [Benchmark(Description = "merge a LoRA and take it out")]
    public void Merge()
    {
        merger.Use([new LoraUse(lora, 1)]);
        merger.Use([]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        lora.Dispose();
        transformer.Dispose();
        checkpoint.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void Write(string path, IEnumerable<KeyValuePair<string, LinearSlot>> linears)
    {
        Dictionary<string, object> header = [];
        long at = 0;
        void Add(string name, long rows, long columns)
        {
            long end = at + rows * columns * sizeof(float);
            header[name] = new { dtype = "F32", shape = new[] { rows, columns }, data_offsets = new[] { at, end } };
            at = end;
        }

        foreach ((string name, LinearSlot linear) in linears)
        {
            Add($"{Prefix}{name}.lora_A.weight", Rank, linear.InFeatures);
            Add($"{Prefix}{name}.lora_B.weight", linear.OutFeatures, Rank);
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header), length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        // Zeros take as long as other numbers.
        using FileStream stream = new(path, FileMode.Create);
        stream.Write(length);
        stream.Write(json);
        stream.SetLength(length.Length + json.Length + at);
    }
}
