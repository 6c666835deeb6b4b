using System.Runtime.InteropServices;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Normally distributed numbers for any part of any tensor, the same for the same seed and name whatever else is made, and on any
/// number of threads. They are drawn from 65,536 quantiles of the distribution, which makes them as fast as memory.
/// </summary>
internal sealed class RandomValues(long seed)
{
    /// <summary>Parts begin at multiples of this many elements.</summary>
    public const int Granularity = 1 << 20;

    private const int Quantiles = 1 << 16;

    private static readonly float[] Standard = MakeStandard();

    private readonly Dictionary<(float Mean, float Deviation, ElementType Type), Array> tables = [];
    private readonly Lock gate = new();

    /// <summary>Fills a part of a tensor.</summary>
    /// <param name="tensor">of bfloat16, float32 or float8 numbers</param>
    /// <param name="firstElement">a multiple of <see cref="Granularity"/></param>
    /// <param name="bytes">whole elements, at most <see cref="Granularity"/> of them</param>
    public void Fill(ExpectedTensor tensor, long firstElement, Span<byte> bytes)
    {
        (float mean, float deviation) = Initialisation.Of(tensor);
        Array table = Table(mean, deviation, tensor.Type);
        ulong state = Seed(seed, tensor.Name) + (ulong)(firstElement / Granularity);
        state = Mix(state);
        switch (table)
        {
            case ushort[] numbers:
                Draw(MemoryMarshal.Cast<byte, ushort>(bytes), numbers, state);
                break;
            case float[] numbers:
                Draw(MemoryMarshal.Cast<byte, float>(bytes), numbers, state);
                break;
            default:
                Draw(bytes, (byte[])table, state);
                break;
        }
    }

    /// <summary>A tensor's own seed.</summary>
    public static ulong Seed(long seed, string name) => Mix((ulong)seed ^ Hash(name));

    private static void Draw<T>(Span<T> into, T[] table, ulong state)
    {
        ulong bits = 0;
        for (int i = 0; i < into.Length; i++, bits >>= 16)
        {
            if ((i & 3) == 0) bits = Next(ref state);
            into[i] = table[(ushort)bits];
        }
    }

    private Array Table(float mean, float deviation, ElementType type)
    {
        lock (gate)
        {
            if (tables.TryGetValue((mean, deviation, type), out Array? known)) return known;
            IEnumerable<float> values = Standard.Select(value => mean + (deviation * value));
            Array made = type switch
            {
                ElementType.BFloat16 => values.Select(SmallFloats.ToBFloat16).ToArray(),
                ElementType.Float32 => values.ToArray(),
                ElementType.Float8E4M3 => values.Select(SmallFloats.ToE4M3).ToArray(),
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There are no random weights of this type."),
            };
            return tables[(mean, deviation, type)] = made;
        }
    }

    // SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    private static ulong Next(ref ulong state) => Mix(state += 0x9E3779B97F4A7C15);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    // FNV-1a: the same in every process, unlike .NET's own hash.
    private static ulong Hash(string name) => name.Aggregate(0xCBF29CE484222325, (hash, character) => (hash ^ character) * 0x100000001B3);

    // The middle of each of equally probable slices, by the inverse of the normal distribution function.
    private static float[] MakeStandard()
    {
        float[] values = new float[Quantiles];
        double x = 0;
        for (int i = 0; i < Quantiles / 2; i++)
        {
            double probability = 0.5 + ((i + 0.5) / Quantiles);
            // Newton's method from the slice before: the function is smooth and the steps are small.
            for (int step = 0; step < 60; step++)
            {
                double change = (Cumulative(x) - probability) / (Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
                x -= change;
                if (Math.Abs(change) < 1e-12) break;
            }
            values[(Quantiles / 2) + i] = (float)x;
            values[(Quantiles / 2) - 1 - i] = (float)-x;
        }
        return values;
    }

    // The normal distribution function for x >= 0, by the series of Marsaglia, "Evaluating the normal distribution", 2004.
    private static double Cumulative(double x)
    {
        double sum = x, term = x;
        for (int i = 1; term > 1e-17 * sum && i < 200; i++) sum += term *= x * x / ((2 * i) + 1);
        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
