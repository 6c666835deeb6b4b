using System.Globalization;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

[Fast]
[Collection(Alone.Name)]
public sealed class SafetensorsViewTests : IDisposable
{
    private readonly WeightFiles files = new();

    public void Dispose() => files.Dispose();

    /// <summary>Type name, the bytes of the numbers 1 and -2 (or what the type has for them), and the numbers.</summary>
    public static TheoryData<string, string, double, double> Types => new()
    {
        { "F64", "000000000000F03F00000000000000C0", 1, -2 },
        { "F32", "0000803F000000C0", 1, -2 },
        { "F16", "003C00C0", 1, -2 },
        { "BF16", "803F00C0", 1, -2 },
        { "F8_E4M3", "38C0", 1, -2 },
        { "F8_E5M2", "3CC0", 1, -2 },
        { "I64", "0100000000000000FEFFFFFFFFFFFFFF", 1, -2 },
        { "I32", "01000000FEFFFFFF", 1, -2 },
        { "I16", "0100FEFF", 1, -2 },
        { "I8", "01FE", 1, -2 },
        { "U8", "01FE", 1, 254 },
        { "BOOL", "0100", 1, 0 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_element_type_is_read_aligned_and_unaligned_and_without_dimensions(string type, string hex, double first, double second)
    {
        byte[] data = Convert.FromHexString(hex);
        int size = data.Length / 2;
        // One byte in front shifts the second copy off its alignment, wherever the header ends.
        string header = $$"""
            {"v":{"dtype":"{{type}}","shape":[2,1],"data_offsets":[0,{{data.Length}}]},
             "s":{"dtype":"{{type}}","shape":[],"data_offsets":[{{data.Length}},{{data.Length + size}}]},
             "pad":{"dtype":"U8","shape":[1],"data_offsets":[{{data.Length + size}},{{data.Length + size + 1}}]},
             "u":{"dtype":"{{type}}","shape":[2],"data_offsets":[{{data.Length + size + 1}},{{2 * data.Length + size + 1}}]} }
            """;
        using SafetensorsFile file = SafetensorsFile.Open(files.Write(System.Text.Encoding.UTF8.GetBytes(header), [.. data, .. data[size..], 0, .. data]));
        Assert.Equal([first, second], Numbers(file, "v", 2, 1));
        Assert.Equal([second], Numbers(file, "s"));
        Assert.Equal([first, second], Numbers(file, "u", 2));
    }

    [Fact]
    public void A_view_looks_into_the_mapped_file_and_copies_nothing()
    {
        using SafetensorsFile file = SafetensorsFile.Open(files.Write("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""".PadRight(256), 16));
        using Tensor a = file.View(file.Tensors["a"]), again = file.View(file.Tensors["a"]), b = file.View(file.Tensors["b"]);
        nint address = ForeignMemory.Address(a);
        Assert.Equal(address, ForeignMemory.Address(again));
        Assert.Equal(address + 8, ForeignMemory.Address(b));
        if (OperatingSystem.IsLinux()) Assert.Equal(file.Path, MappedAt(address));
    }

    [Fact]
    public void A_large_file_takes_no_memory_until_it_is_read()
    {
        const long Bytes = 1L << 30;
        string path = files.Write($$"""{"a":{"dtype":"BF16","shape":[{{Bytes / 2}}],"data_offsets":[0,{{Bytes}}]} }""".PadRight(256), 0);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(stream.Length + Bytes);
        long before = Environment.WorkingSet;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using Tensor a = file.View(file.Tensors["a"]);
        Assert.Equal(0, a[Bytes / 2 - 1].to(ScalarType.Float32).item<float>());
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, Bytes / 4);
    }

    [Fact]
    public void Empty_tensors_and_an_empty_file_are_sound()
    {
        using SafetensorsFile empty = SafetensorsFile.Open(files.Write("{}", 0));
        Assert.Empty(empty.Tensors);
        using SafetensorsFile file = SafetensorsFile.Open(files.Write("""{"e":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}}""", 0));
        using Tensor e = file.View(file.Tensors["e"]);
        Assert.Equal([3, 0], e.shape);
    }

    [Fact]
    public void Views_are_counted_and_given_back()
    {
        using SafetensorsFile file = SafetensorsFile.Open(files.Write("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8));
        long before = LiveTensors.Before();
        for (int i = 0; i < 100; i++) file.View(file.Tensors["a"]).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static double[] Numbers(SafetensorsFile file, string name, params long[] shape)
    {
        using Tensor view = file.View(file.Tensors[name]), numbers = view.to(ScalarType.Float64);
        Assert.Equal(shape, view.shape);
        return numbers.data<double>().ToArray();
    }

    private static string? MappedAt(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            long[] range = [.. parts[0].Split('-').Select(text => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            if (address >= range[0] && address < range[1]) return parts.Length > 5 ? parts[5].Trim() : "";
        }
        return null;
    }
}
