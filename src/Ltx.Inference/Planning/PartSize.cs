using Ltx.Inference.Costs;

namespace Ltx.Inference.Planning;

/// <summary>How many numbers a part of a model has.</summary>
/// <param name="Matrices">in weights of linear layers, which may be float8</param>
/// <param name="Rest">in everything else</param>
/// <param name="Rows">rows of those weights: as many scales a float8 weight may have</param>
internal readonly record struct PartSize(long Matrices, long Rest, long Rows)
{
    // Scales of float8 files, which stand for themselves.
    private static readonly string[] Scales = [".weight_scale", ".input_scale"];

    public long Numbers => Matrices + Rest;

    /// <param name="tensors">names and shapes</param>
    /// <param name="isFloat8">which of the matrices may be float8, by name; null for all</param>
    public static PartSize Of(IEnumerable<(string Name, long[] Shape)> tensors, Func<string, bool>? isFloat8 = null)
    {
        PartSize size = default;
        foreach ((string name, long[] shape) in tensors.Where(tensor => !Scales.Any(scale => tensor.Name.EndsWith(scale, StringComparison.Ordinal))))
        {
            long numbers = shape.Aggregate(1L, (product, length) => product * length);
            // Tables of modulation have two dimensions as well, and other names.
            bool isMatrix = shape.Length == 2 && name.EndsWith(".weight", StringComparison.Ordinal) && isFloat8?.Invoke(name) != false;
            size += isMatrix ? new PartSize(numbers, 0, shape[0]) : new PartSize(0, numbers, 0);
        }
        return size;
    }

    public static PartSize operator +(PartSize a, PartSize b) => new(a.Matrices + b.Matrices, a.Rest + b.Rest, a.Rows + b.Rows);

    /// <summary>Bytes with all numbers in one type.</summary>
    public long Bytes(int element) => Numbers * element;

    /// <summary>Bytes with the matrices in float8, a float32 scale a row, and the rest in one type.</summary>
    public long Float8Bytes(int element) => Matrices + Rows * ElementBytes.Float32 + Rest * element;
}
