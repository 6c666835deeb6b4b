using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;

namespace Ltx.Parity.Goldens;

/// <summary>
/// A safetensors file whose random tensors were drawn by torch from one seed: of <c>X.safetensors</c> the repository holds <c>X.seeds</c>, which
/// says where each tensor begins among the generator's numbers, and <c>X.residual.xz</c>, the file with those tensors' bits xor what is drawn anew.
/// That is nothing but for one number of eight thousand, where torch's own logarithm and cosine rounded to the other side.
/// </summary>
internal static class SeededFile
{
    public const string Extension = ".seeds";

    /// <summary>Makes <c>X.safetensors</c> of the two, unless it is there.</summary>
    /// <exception cref="WeightsException">It cannot be written, or is not what it was.</exception>
    public static void Restore(string seeds)
    {
        string name = seeds[..^Extension.Length], residual = name + ".residual.xz", plain = name + ".safetensors";
        if (PackedFiles.IsMadeOf(plain, residual)) return;
        using MemoryStream content = new();
        PackedFiles.Read(residual, content);
        byte[] bytes = content.ToArray();
        string[] lines = File.ReadAllLines(seeds);
        Apply(bytes, uint.Parse(lines[0], CultureInfo.InvariantCulture), lines.Skip(2));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != lines[1]) throw new WeightsException($"{plain} cannot be made of {seeds}: its SHA-256 would not be {lines[1]}.");
        PackedFiles.Write(plain, residual, stream => stream.Write(bytes));
    }

    /// <summary>Changes the bits of what is drawn: what makes the residual of the file makes the file of the residual.</summary>
    /// <param name="file">a whole safetensors file</param>
    /// <param name="tensors">a line each, in the order in which they were drawn: place among the generator's numbers, deviation, mean, name</param>
    public static void Apply(byte[] file, uint seed, IEnumerable<string> tensors)
    {
        TorchNormal normal = new(seed);
        int length = (int)BitConverter.ToInt64(file), begin = sizeof(long) + length;
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(sizeof(long), length));
        foreach (string[] parts in tensors.Select(line => line.Split('\t')))
        {
            double deviation = double.Parse(parts[1], CultureInfo.InvariantCulture);
            float mean = float.Parse(parts[2], CultureInfo.InvariantCulture);
            JsonElement offsets = header.RootElement.GetProperty(parts[3]).GetProperty("data_offsets");
            Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(file.AsSpan(begin + offsets[0].GetInt32(), offsets[1].GetInt32() - offsets[0].GetInt32()));
            double[] drawn = normal.Draw(long.Parse(parts[0], CultureInfo.InvariantCulture), bits.Length);
            for (int i = 0; i < drawn.Length; i++) bits[i] ^= SmallFloats.ToBFloat16((float)(deviation * drawn[i]) + mean);
        }
    }
}
