using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

/// <summary>
/// A checkpoint in the form of the official float8 ones: all linear layers of most blocks in float8_e4m3fn, one <c>weight_scale</c> and one
/// <c>input_scale</c> each; the first block and everything else as it was.
/// </summary>
internal sealed partial class Float8Checkpoint : IDisposable
{
    private readonly WeightFiles files = new();

    /// <param name="source">a checkpoint in bfloat16</param>
    /// <param name="leave">a tensor to leave out of the new file</param>
    /// <param name="perRow">one scale a row instead of one a matrix</param>
    public Float8Checkpoint(string source, string? leave = null, bool perRow = false)
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(source);
        JsonObject header = new() { ["__metadata__"] = new JsonObject(file.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))) };
        List<byte> data = [];
        void Add(string name, string type, long[] shape, byte[] bytes)
        {
            if (name == leave) return;
            header[name] = new JsonObject { ["dtype"] = type, ["shape"] = JsonSerializer.SerializeToNode(shape), ["data_offsets"] = new JsonArray(data.Count, data.Count + bytes.Length) };
            data.AddRange(bytes);
        }

        foreach (TensorEntry entry in file.Tensors.Values)
        {
            if (!Rounded().IsMatch(entry.Name))
            {
                byte[] same = new byte[entry.Length];
                Marshal.Copy(file.Address(entry), same, 0, same.Length);
                Add(entry.Name, entry.Type switch { ElementType.BFloat16 => "BF16", ElementType.Float32 => "F32", _ => throw new NotSupportedException() }, entry.Shape, same);
                continue;
            }
            Tensor weight = file.View(entry).to(ScalarType.Float32);
            Tensor largest = perRow ? weight.abs().amax([1]) : weight.abs().amax();
            Tensor scale = largest / 448, values = (weight / (perRow ? scale.unsqueeze(1) : scale)).clamp(-448, 448).to(Float8.Type);
            Add(entry.Name, "F8_E4M3", entry.Shape, Bytes(values, 1));
            string layer = entry.Name[..^".weight".Length];
            Add(layer + ".weight_scale", "F32", scale.shape, Bytes(scale, 4));
            Add(layer + ".input_scale", "F32", [], Bytes(tensor(0.125f), 4));
            Layers.Add(layer);
        }
        Path = files.Write(JsonSerializer.SerializeToUtf8Bytes(header), [.. data], "float8.safetensors");
    }

    public string Path { get; }

    /// <summary>What is in float8, by the file's names.</summary>
    public List<string> Layers { get; } = [];

    public void Dispose() => files.Dispose();

    private static byte[] Bytes(Tensor tensor, int size)
    {
        byte[] bytes = new byte[tensor.numel() * size];
        Marshal.Copy(ForeignMemory.Address(tensor), bytes, 0, bytes.Length);
        GC.KeepAlive(tensor);
        return bytes;
    }

    [GeneratedRegex(@"^model\.diffusion_model\.transformer_blocks\.[1-9]\d*\..*(to_q|to_k|to_v|to_out\.0|to_gate_logits|net\.0\.proj|net\.2)\.weight$")]
    private static partial Regex Rounded();
}
