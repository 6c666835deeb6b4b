using System.Text;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Weights;

/// <summary>Files that somebody broke on purpose: each must be refused with a sentence, whatever it claims.</summary>
[Fast]
public sealed class SafetensorsAttackTests : IDisposable
{
    private const string Sound = """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""";
    private readonly WeightFiles files = new();

    public void Dispose() => files.Dispose();

    /// <summary>What is wrong, the header, and how many bytes of data follow it.</summary>
    public static TheoryData<string, string, int> Headers => new()
    {
        { "no header at all", "", 0 },
        { "only spaces", "    ", 0 },
        { "not JSON", "safetensors", 0 },
        { "a list", "[]", 0 },
        { "a number", "17", 0 },
        { "null", "null", 0 },
        { "an object that does not end", """{"a":""" + Sound, 8 },
        { "a second object behind it", $$"""{"a":{{Sound}}}{}""", 8 },
        { "garbage behind it", $$"""{"a":{{Sound}}}x""", 8 },
        { "a comment", $$"""{/* */"a":{{Sound}}}""", 8 },
        { "a trailing comma", $$"""{"a":{{Sound}},}""", 8 },
        { "a byte order mark", "\uFEFF{}", 0 },
        { "the same tensor twice", $$"""{"a":{{Sound}},"a":{{Sound}}}""", 8 },
        { "the same tensor twice, once escaped", $$"""{"a":{{Sound}},"\u0061":{{Sound}}}""", 8 },
        { "the same key twice inside a tensor", """{"a":{"dtype":"F32","dtype":"I8","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "two shapes", """{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "two ranges, once escaped", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data\u005foffsets":[0,8]}}""", 8 },
        { "two metadata blocks", """{"__metadata__":{},"__metadata__":{}}""", 0 },
        { "the same key twice in the metadata", """{"__metadata__":{"config":"{}","config":"[]"}}""", 0 },
        { "metadata that is no text", """{"__metadata__":{"config":{}}}""", 0 },
        { "metadata that is a list", """{"__metadata__":[]}""", 0 },
        { "an unknown key", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}}""", 8 },
        { "an unknown type", """{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "a type in small letters", """{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "a type that is a number", """{"a":{"dtype":6,"shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "no type", """{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "no shape", """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8 },
        { "no range", """{"a":{"dtype":"F32","shape":[2]}}""", 8 },
        { "a tensor that is a list", """{"a":[]}""", 0 },
        { "a tensor that is null", """{"a":null}""", 0 },
        { "half a range", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}""", 8 },
        { "a range of three", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}""", 8 },
        { "a range backwards", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8 },
        { "a range from before the data", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8 },
        { "a range past the end", """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 8 },
        { "a range far past the end", """{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 8 },
        { "a range beyond 64 bits", """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,18446744073709551624]}}""", 8 },
        { "a range that wraps to a small one", """{"a":{"dtype":"U8","shape":[8],"data_offsets":[9223372036854775800,8]}}""", 8 },
        { "a range with a fraction", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8.5]}}""", 8 },
        { "a range in words", """{"a":{"dtype":"F32","shape":[2],"data_offsets":["0","8"]}}""", 8 },
        { "nested garbage for a range", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[[0],{"x":8}]}}""", 8 },
        { "a negative size", """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8 },
        { "two negative sizes whose product fits", """{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", 8 },
        { "a size with a fraction", """{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8 },
        { "a size that is an exponent", """{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}""", 8 },
        { "a shape too small for its range", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 8 },
        { "a shape too large for its range", """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8 },
        { "sizes whose product overflows to the range", """{"a":{"dtype":"U8","shape":[4294967296,4294967296,8],"data_offsets":[0,0]}}""", 0 },
        { "sizes whose bytes overflow to the range", """{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}""", 8 },
        { "a zero that hides an overflow", """{"a":{"dtype":"U8","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}""", 0 },
        { "a zero behind an overflow", """{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}""", 0 },
        { "a rank beyond reason", $$"""{"a":{"dtype":"U8","shape":[{{string.Join(',', Enumerable.Repeat(1, 100_000))}}],"data_offsets":[0,1]} }""", 1 },
        { "a hundred thousand offsets", $$"""{"a":{"dtype":"U8","shape":[1],"data_offsets":[{{string.Join(',', Enumerable.Repeat(1, 100_000))}}]} }""", 1 },
        { "nesting beyond reason", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), 0 },
        { "lists beyond reason", "{\"a\":{\"shape\":" + new string('[', 1_000_000), 0 },
        { "two tensors over each other", """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}""", 12 },
        { "one tensor inside another", """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""", 8 },
        { "the same bytes for two", $$"""{"a":{{Sound}},"b":{{Sound}}}""", 8 },
        { "a hole in front", """{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8 },
        { "a hole between", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8 },
        { "bytes that belong to nobody", $$"""{"a":{{Sound}}}""", 9 },
        { "data and no tensor", "{}", 8 },
        { "a truncated file", $$"""{"a":{{Sound}}}""", 7 },
        { "half a surrogate for a name", """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "half a surrogate for a type", """{"a":{"dtype":"\udfff","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "half a surrogate for a key", """{"a":{"\ud800":"F32","shape":[2],"data_offsets":[0,8]}}""", 8 },
        { "half a surrogate in the metadata", """{"__metadata__":{"config":"\ud800"}}""", 0 },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_broken_header_is_refused(string what, string header, int dataLength) => Refused(files.Write(header, dataLength), what);

    [Theory]
    [InlineData(2_000_000_000UL)]
    [InlineData(100_000_001UL)]
    [InlineData(100_000_000UL)]
    [InlineData(3UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    [InlineData(1UL << 63)]
    public void A_wrong_header_length_is_refused(ulong length) => Refused(files.Write(length, "{}"u8.ToArray(), []), $"length {length}");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_file_shorter_than_a_header_is_refused(int length) => Refused(files.Raw(new byte[length]), $"{length} bytes");

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        byte[] header = Encoding.UTF8.GetBytes($$"""{"?":{{Sound}}}""");
        foreach (byte[] wrong in new byte[][] { [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80] })
        {
            Refused(files.Write([.. header[..2], .. wrong, .. header[3..]], new byte[8]), Convert.ToHexString(wrong));
        }
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Refused(files.Folder, "a folder");
        Refused(files.At("nowhere.safetensors"), "nothing");
        Refused(files.At(Path.Combine("no", "where.safetensors")), "no folder");
        Refused(files.At("nul\0.safetensors"), "an impossible name");
    }

    [Fact]
    public void A_sound_file_with_spaces_behind_its_header_opens()
    {
        using SafetensorsFile file = SafetensorsFile.Open(files.Write($$"""{"__metadata__":{"format":"pt"},"a":{{Sound}}}   """, 8));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([2], file.Tensors["a"].Shape);
    }

    [Fact]
    public void A_long_name_does_not_flood_the_message()
    {
        string name = new('n', 1_000_000);
        string path = files.Write($$"""{"{{name}}":{"dtype":"{{name}}","shape":[2],"data_offsets":[0,8]} }""", 8);
        Assert.InRange(Assert.Throws<WeightsException>(() => SafetensorsFile.Open(path)).Message.Length, 1, 1000);
    }

    private static void Refused(string path, string what)
    {
        Exception? thrown = Record.Exception(() => SafetensorsFile.Open(path).Dispose());
        if (thrown is not WeightsException refused)
        {
            Assert.Fail($"{what}: {thrown?.GetType().Name ?? "opened"}");
            return;
        }
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.EndsWith(".", refused.Message.TrimEnd(')'), StringComparison.Ordinal);
    }
}
