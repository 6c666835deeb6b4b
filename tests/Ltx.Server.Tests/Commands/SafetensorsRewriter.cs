using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Ltx.Server.Tests.Commands;

/// <summary>A safetensors file in memory, to be changed and written as another: sound ones, and such as no sound program writes.</summary>
internal sealed class SafetensorsRewriter
{
    private const string MetadataKey = "__metadata__";

    private readonly JsonObject header;
    private readonly byte[] data;

    private SafetensorsRewriter(JsonObject header, byte[] data)
    {
        this.header = header;
        this.data = data;
    }

    public IEnumerable<string> Tensors => header.Select(entry => entry.Key).Where(name => name != MetadataKey);

    public static SafetensorsRewriter Open(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        return new SafetensorsRewriter(JsonNode.Parse(file.AsSpan(8, length))!.AsObject(), file[(8 + length)..]);
    }

    /// <summary>A file of small bfloat16 tensors of ones.</summary>
    public static SafetensorsRewriter Of(params ReadOnlySpan<(string Name, int[] Shape)> tensors)
    {
        SafetensorsRewriter file = new([], []);
        MemoryStream bytes = new();
        foreach ((string name, int[] shape) in tensors)
        {
            int begin = (int)bytes.Length;
            for (int i = shape.Aggregate(1, (a, b) => a * b); i > 0; i--) bytes.Write([0x80, 0x3f]);
            file.header[name] = new JsonObject { ["dtype"] = "BF16", ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]), ["data_offsets"] = new JsonArray(begin, (int)bytes.Length) };
        }
        return new SafetensorsRewriter(file.header, bytes.ToArray());
    }

    public SafetensorsRewriter Rename(string tensor, string name)
    {
        JsonNode entry = header[tensor]!;
        header.Remove(tensor);
        header.Add(name, entry);
        return this;
    }

    /// <summary>Gives the same bytes another shape.</summary>
    public SafetensorsRewriter Reshape(string tensor, params ReadOnlySpan<int> shape)
    {
        header[tensor]!["shape"] = new JsonArray([.. shape.ToArray().Select(size => (JsonNode)size)]);
        return this;
    }

    /// <summary>Says something else of a tensor: <c>dtype</c>, <c>data_offsets</c>.</summary>
    public SafetensorsRewriter Entry(string tensor, string key, JsonNode value)
    {
        header[tensor]![key] = value;
        return this;
    }

    /// <summary>Fills a tensor of two-byte or four-byte floats with ones of all bits, which is NaN in each of them.</summary>
    public SafetensorsRewriter FillWithNaN(string tensor)
    {
        JsonArray offsets = header[tensor]!["data_offsets"]!.AsArray();
        data.AsSpan((int)offsets[0]!..(int)offsets[1]!).Fill(0xff);
        return this;
    }

    public SafetensorsRewriter Metadata(string key, string? value)
    {
        JsonObject metadata = header[MetadataKey] as JsonObject ?? [];
        metadata[key] = value;
        if (value is null) metadata.Remove(key);
        header[MetadataKey] = metadata.DeepClone();
        return this;
    }

    /// <summary>Changes the config in the metadata.</summary>
    public SafetensorsRewriter Config(Action<JsonNode> change)
    {
        JsonNode config = JsonNode.Parse(header[MetadataKey]!["config"]!.GetValue<string>())!;
        change(config);
        return Metadata("config", config.ToJsonString());
    }

    public void Write(string path) => WriteRaw(path, (ulong)Encoding.UTF8.GetByteCount(header.ToJsonString()), header.ToJsonString(), data);

    /// <summary>Writes any header behind any length of it.</summary>
    public static void WriteRaw(string path, ulong headerLength, string header, ReadOnlySpan<byte> data)
    {
        using FileStream file = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, headerLength);
        file.Write(length);
        file.Write(Encoding.UTF8.GetBytes(header));
        file.Write(data);
    }
}
