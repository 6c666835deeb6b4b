namespace Ltx.Inference.Synthesis;

/// <summary>Numbers of few bits, rounded to the nearest, ties to even.</summary>
internal static class SmallFloats
{
    // The largest number of E4M3: 1.75 * 2^8. What is beyond becomes it, since the next pattern is not a number.
    private const float Largest = 448;

    // E4M3 has 3 bits after the point; below 2^-6 the steps are 2^-9.
    private const int Fraction = 3, Bias = 7, SmallestExponent = -6;

    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public static byte ToE4M3(float value)
    {
        byte sign = float.IsNegative(value) ? (byte)0x80 : (byte)0;
        float size = Math.Min(Math.Abs(value), Largest);
        int exponent = Math.Max(Math.ILogB(size), SmallestExponent);
        // In steps of this exponent; eight steps more where the number is normal. A carry into the next exponent comes out right.
        int steps = (int)Math.Round(Math.ScaleB(size, Fraction - exponent), MidpointRounding.ToEven);
        return (byte)(sign | (((exponent + Bias - 1) << Fraction) + steps));
    }
}
