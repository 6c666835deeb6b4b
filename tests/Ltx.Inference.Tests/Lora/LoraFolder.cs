using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Lora;
using Ltx.Inference.Tests.Weights;

namespace Ltx.Inference.Tests.Lora;

/// <summary>One low-rank module: half of what it adds to a layer is in each of the two matrices.</summary>
/// <param name="Name">without the ending</param>
/// <param name="Down">[rank, In], row by row</param>
/// <param name="Up">[Out, rank], row by row</param>
internal sealed record LoraPart(string Name, int In, int Out, float[] Down, float[] Up)
{
    public int Rank => Down.Length / In;

    /// <summary>Two matrices of one number each.</summary>
    public static LoraPart Filled(string name, long inFeatures, long outFeatures, float down = 0.01f, float up = 0.02f, int rank = 2) =>
        new(name, (int)inFeatures, (int)outFeatures, [.. Enumerable.Repeat(down, rank * (int)inFeatures)], [.. Enumerable.Repeat(up, rank * (int)outFeatures)]);
}

/// <summary>LoRA files that a test writes; gone when it is over.</summary>
internal sealed class LoraFolder : IDisposable
{
    private readonly WeightFiles files = new();

    public string At(string name) => files.At(name);

    /// <summary>Modules in the usual spelling.</summary>
    public string Write(string name, LoraPart[] parts, params (string Key, string Value)[] metadata) => Write(name, ("lora_A.weight", "lora_B.weight"), parts, metadata);

    /// <param name="halves">endings of the two matrices' names</param>
    public string Write(string name, (string Down, string Up) halves, LoraPart[] parts, params (string Key, string Value)[] metadata) => Write(
        name, [.. parts.SelectMany(part => new (string, long[], float[])[] { ($"{part.Name}.{halves.Down}", [part.Rank, part.In], part.Down), ($"{part.Name}.{halves.Up}", [part.Out, part.Rank], part.Up) })], metadata);

    /// <summary>Any float32 tensors.</summary>
    public string Write(string name, (string Name, long[] Shape, float[] Values)[] tensors, params (string Key, string Value)[] metadata) =>
        Write(name, [.. tensors.Select(tensor => (tensor.Name, "F32", tensor.Shape, MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray()))], metadata);

    /// <summary>Any tensors, by the format's names of their types.</summary>
    public string Write(string name, (string Name, string Type, long[] Shape, byte[] Data)[] tensors, params (string Key, string Value)[] metadata)
    {
        JsonObject header = [];
        if (metadata.Length > 0) header["__metadata__"] = new JsonObject(metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        List<byte> data = [];
        foreach ((string tensor, string type, long[] shape, byte[] values) in tensors)
        {
            int begin = data.Count;
            data.AddRange(values);
            header[tensor] = new JsonObject { ["dtype"] = type, ["shape"] = JsonSerializer.SerializeToNode(shape), ["data_offsets"] = new JsonArray(begin, data.Count) };
        }
        return files.Write(JsonSerializer.SerializeToUtf8Bytes(header), [.. data], name);
    }

    public LoraFile Open(string name, LoraPart[] parts, params (string Key, string Value)[] metadata) => LoraFile.Open(Write(name, parts, metadata));

    public void Dispose() => files.Dispose();
}
