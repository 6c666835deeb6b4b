using System.Text;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

[Fast]
public sealed class SafetensorsFuzzTests : IDisposable
{
    private const int Rounds = 6000, Seed = 20250101;

    private static readonly string[] Splices =
        ["[", "]", "{", "}", "\"", ",", ":", "-1", "0", "1e3", "9223372036854775807", "18446744073709551616", "\\ud800", "\\u0061", "null", "__metadata__", "dtype", "shape", "data_offsets", "F64", "BOOL"];

    private readonly WeightFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_mutated_header_is_refused_or_describes_the_file_truly()
    {
        byte[] sound = Encoding.UTF8.GetBytes(
            """{"__metadata__":{"format":"pt","config":"{\"a\":1}"},"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"y":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"z":{"dtype":"F8_E4M3","shape":[6],"data_offsets":[26,32]}}""");
#pragma warning disable CA5394 // a repeatable sequence is wanted
        Random random = new(Seed);
        int opened = 0;
        for (int round = 0; round < Rounds; round++)
        {
            List<byte> header = [.. sound];
            for (int changes = random.Next(0, 4); changes >= 0; changes--) Mutate(header, random);
            ulong claimed = random.Next(20) == 0 ? (ulong)random.NextInt64() >> random.Next(64) : (ulong)header.Count;
            string path = files.Write(claimed, [.. header], new byte[random.Next(10) == 0 ? random.Next(40) : 32], "fuzz.safetensors");
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                long length = new FileInfo(path).Length;
                foreach (TensorEntry entry in file.Tensors.Values)
                {
                    Assert.InRange(entry.Offset, 8, length - entry.Length);
                    // Reads every byte: what is outside the mapping ends the process.
                    using Tensor view = file.View(entry), copy = view.clone();
                    Assert.Equal(entry.Shape, copy.shape);
                    Assert.Equal(entry.Length, copy.numel() * entry.Type.Size());
                }
                opened++;
            }
            catch (WeightsException)
            {
            }
        }
        // Both ends are met, or the mutations test nothing.
        Assert.InRange(opened, Rounds / 100, Rounds * 9 / 10);
    }

    private static void Mutate(List<byte> header, Random random)
    {
        if (header.Count == 0) return;
        int at = random.Next(header.Count);
        switch (random.Next(6))
        {
            case 0:
                header[at] = (byte)random.Next(256);
                break;
            case 1:
                header[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                header.RemoveRange(at, Math.Min(random.Next(1, 12), header.Count - at));
                break;
            case 3:
                header.InsertRange(at, Encoding.UTF8.GetBytes(Splices[random.Next(Splices.Length)]));
                break;
            case 4:
                // Digits for digits keep the JSON whole and get furthest.
                at = header.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                if (at >= 0) header[at] = (byte)('0' + random.Next(10));
                break;
            default:
                header.InsertRange(at, header.GetRange(at, Math.Min(random.Next(1, 60), header.Count - at)));
                break;
        }
#pragma warning restore CA5394
    }
}
