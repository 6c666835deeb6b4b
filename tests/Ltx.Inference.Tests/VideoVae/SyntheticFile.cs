using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ltx.Inference.Tests.VideoVae;

/// <summary>Writes safetensors files of small random float32 weights, for architectures that no golden has.</summary>
internal sealed class SyntheticFile : IDisposable
{
    private readonly Random random = new(7);
    private readonly List<(string Name, long[] Shape)> tensors = [];

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ltx-test-{Guid.NewGuid():N}.safetensors");

    public void Add(string name, params long[] shape) => tensors.Add((name, shape));

    /// <summary>Weight and bias of a convolution.</summary>
    public void AddConv(string name, int inChannels, int outChannels, params long[] kernel)
    {
        Add($"{name}.weight", [outChannels, inChannels, .. kernel]);
        Add($"{name}.bias", outChannels);
    }

    public void Remove(string name) => tensors.RemoveAll(tensor => tensor.Name == name);

    /// <param name="config">what the metadata's config is to say</param>
    public void Write(JsonNode config)
    {
        JsonObject header = new() { ["__metadata__"] = new JsonObject { ["config"] = config.ToJsonString() } };
        long at = 0;
        foreach ((string name, long[] shape) in tensors)
        {
            long end = at + 4 * shape.Aggregate(1L, (product, size) => product * size);
            header[name] = new JsonObject { ["dtype"] = "F32", ["shape"] = JsonSerializer.SerializeToNode(shape), ["data_offsets"] = new JsonArray(at, end) };
            at = end;
        }
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(header);
        using FileStream stream = File.Create(Path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        stream.Write(length);
        stream.Write(text);
        float[] values = new float[at / 4];
        // Around 0.1 and never 0: statistics must not divide by zero.
        for (int i = 0; i < values.Length; i++) values[i] = 0.1f + 0.2f * random.NextSingle() * (i % 2 == 0 ? 1 : -0.4f);
        stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public void Dispose() => File.Delete(Path);
}
