using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ltx.Inference.Native;

namespace Ltx.Inference.Weights;

/// <summary>
/// The header of a safetensors file, read from a stream that nobody vouches for: eight bytes of length, JSON, then the data.
/// Every number is checked before it is used, so that no later access can leave the file.
/// Source of the format: github.com/huggingface/safetensors.
/// </summary>
internal sealed class SafetensorsHeader
{
    // The format's own limit. A header of the real monolith has 0.9 MB.
    private const long MaximumHeaderLength = 100_000_000;

    private static readonly Dictionary<string, ElementType> Types = new()
    {
        ["F64"] = ElementType.Float64,
        ["F32"] = ElementType.Float32,
        ["F16"] = ElementType.Float16,
        ["BF16"] = ElementType.BFloat16,
        ["F8_E4M3"] = ElementType.Float8E4M3,
        ["F8_E5M2"] = ElementType.Float8E5M2,
        ["I64"] = ElementType.Int64,
        ["I32"] = ElementType.Int32,
        ["I16"] = ElementType.Int16,
        ["I8"] = ElementType.Int8,
        ["U8"] = ElementType.UInt8,
        ["BOOL"] = ElementType.Bool,
    };

    private static readonly Dictionary<ElementType, string> TypeNames = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    private SafetensorsHeader(IReadOnlyDictionary<string, TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
    }

    internal IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    internal IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="WeightsException">The header is not one, or describes what the file does not hold.</exception>
    internal static SafetensorsHeader Read(Stream file, string name)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            throw Broken(name, "it is shorter than a safetensors header");
        }
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaximumHeaderLength) throw Broken(name, $"its header claims {headerLength} bytes, more than the format allows; it is no safetensors file or a damaged one");
        long dataStart = prefix.Length + (long)headerLength;
        if (dataStart > file.Length) throw Broken(name, $"it ends inside its header ({file.Length} bytes of at least {dataStart}); the download may be incomplete");
        byte[] json = new byte[headerLength];
        file.ReadExactly(json);
        Parser parser = new(name, dataStart, file.Length - dataStart);
        try
        {
            return parser.Parse(json);
        }
        // The reader answers an escaped half of a surrogate pair with an InvalidOperationException.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WeightsException($"{name} cannot be used: its header is not valid JSON ({JsonFault.Describe(e)}).", e);
        }
    }

    /// <summary>The header of a file: eight bytes of length and the JSON, filled up with spaces so that the data begins at a multiple of eight.</summary>
    /// <param name="tensors">in the order in which they follow each other</param>
    /// <param name="metadata">the file's text metadata</param>
    internal static byte[] Write(IReadOnlyList<ExpectedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using MemoryStream stream = new();
        stream.Write(stackalloc byte[8]);
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0) WriteMetadata(json, metadata);
            long at = 0;
            foreach (ExpectedTensor tensor in tensors) WriteTensor(json, tensor, ref at);
            json.WriteEndObject();
        }
        while (stream.Length % 8 != 0) stream.WriteByte((byte)' ');
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, ExpectedTensor tensor, ref long at)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", TypeNames[tensor.Type]);
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(at);
        json.WriteNumberValue(at += tensor.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static WeightsException Broken(string name, string why) => new($"{name} cannot be used: {why}.");

    private sealed class Parser(string name, long dataStart, long dataLength)
    {
        private readonly Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

        // Read token by token: a document tree would keep only the last of two equal keys, and two readers could then see two files.
        internal SafetensorsHeader Parse(ReadOnlySpan<byte> json)
        {
            try
            {
                _ = new UTF8Encoding(false, true).GetCharCount(json);
            }
            catch (DecoderFallbackException)
            {
                throw Broken(name, "its header is not valid UTF-8");
            }
            Utf8JsonReader reader = new(json);
            Expect(ref reader, JsonTokenType.StartObject);
            bool metadataSeen = false;
            while (Next(ref reader) != JsonTokenType.EndObject)
            {
                string key = reader.GetString()!;
                if (key == "__metadata__")
                {
                    if (metadataSeen) throw Broken(name, "its header has two metadata blocks");
                    metadataSeen = true;
                    ReadMetadata(ref reader);
                }
                else
                {
                    ReadTensor(ref reader, key);
                }
            }
            if (reader.Read()) throw Broken(name, "its header goes on after its end");
            CheckLayout();
            return new SafetensorsHeader(tensors, metadata);
        }

        private void ReadMetadata(ref Utf8JsonReader reader)
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader) != JsonTokenType.EndObject)
            {
                string key = reader.GetString()!;
                Expect(ref reader, JsonTokenType.String);
                if (!metadata.TryAdd(key, reader.GetString()!)) throw Broken(name, $"its metadata has the key \"{Short(key)}\" twice");
            }
        }

        private void ReadTensor(ref Utf8JsonReader reader, string tensor)
        {
            string? type = null;
            List<long>? shape = null, offsets = null;
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader) != JsonTokenType.EndObject)
            {
                string key = reader.GetString()!;
                bool twice = key switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
                if (twice) throw Broken(name, $"tensor \"{Short(tensor)}\" has the key \"{key}\" twice");
                switch (key)
                {
                    case "dtype":
                        Expect(ref reader, JsonTokenType.String);
                        type = reader.GetString();
                        break;
                    case "shape":
                        shape = ReadNumbers(ref reader, tensor);
                        break;
                    case "data_offsets":
                        offsets = ReadNumbers(ref reader, tensor);
                        break;
                    default:
                        throw Broken(name, $"tensor \"{Short(tensor)}\" has an unknown key \"{Short(key)}\"");
                }
            }
            if (type is null || shape is null || offsets is not [long begin, long end]) throw Broken(name, $"tensor \"{Short(tensor)}\" is not fully described");
            if (!Types.TryGetValue(type, out ElementType elementType)) throw Broken(name, $"tensor \"{Short(tensor)}\" has the unknown type \"{Short(type)}\"");
            if (begin > end || end > dataLength) throw Broken(name, $"tensor \"{Short(tensor)}\" lies outside the file (bytes {begin} to {end} of {dataLength}); the file may be incomplete");
            if (ByteLength(shape, elementType) != end - begin) throw Broken(name, $"tensor \"{Short(tensor)}\" of {type}[{string.Join(',', shape)}] does not fill its {end - begin} bytes");
            if (!tensors.TryAdd(tensor, new TensorEntry(tensor, elementType, [.. shape], dataStart + begin, end - begin))) throw Broken(name, $"it has the tensor \"{Short(tensor)}\" twice");
        }

        private List<long> ReadNumbers(ref Utf8JsonReader reader, string tensor)
        {
            // More dimensions than any tensor of libtorch has sizes for.
            const int MaximumRank = 64;
            List<long> numbers = [];
            Expect(ref reader, JsonTokenType.StartArray);
            while (Next(ref reader) != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0 || numbers.Count == MaximumRank)
                {
                    throw Broken(name, $"tensor \"{Short(tensor)}\" has a size or an offset that is none");
                }
                numbers.Add(number);
            }
            return numbers;
        }

        // -1 where the product leaves 64 bits, also where a zero among the sizes would hide it: no byte range has that length.
        private static long ByteLength(List<long> shape, ElementType type)
        {
            try
            {
                long length = checked(shape.Aggregate(1L, (product, size) => checked(product * Math.Max(size, 1))) * type.Size());
                return shape.Contains(0) ? 0 : length;
            }
            catch (OverflowException)
            {
                return -1;
            }
        }

        // The format wants the data without holes and without overlap.
        private void CheckLayout()
        {
            long at = dataStart;
            foreach (TensorEntry entry in tensors.Values.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
            {
                if (entry.Offset < at) throw Broken(name, $"tensor \"{Short(entry.Name)}\" overlaps another one");
                if (entry.Offset > at) throw Broken(name, $"there are {entry.Offset - at} unexplained bytes before tensor \"{Short(entry.Name)}\"");
                at += entry.Length;
            }
            if (at != dataStart + dataLength) throw Broken(name, $"it has {dataStart + dataLength - at} bytes that belong to no tensor");
        }

        private JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw Broken(name, "its header ends too early");

        private void Expect(ref Utf8JsonReader reader, JsonTokenType type)
        {
            if (Next(ref reader) != type) throw Broken(name, $"its header has a {reader.TokenType} where the format wants a {type}");
        }

        // A hostile name must not flood a log.
        private static string Short(string text) => text.Length <= 120 ? text : text[..120] + "...";
    }
}
