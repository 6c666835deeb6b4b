namespace Ltx.Parity.Goldens;

/// <summary>
/// The normally distributed numbers of torch's CPU generator, as <c>torch.randn</c> draws 16 and more of them in float32: Matsumoto and
/// Nishimura's MT19937 (1998), 24 bits of each number, and Box and Muller's transform (1958) over blocks of 16. In double precision, so that
/// they do not depend on the processor; torch's own do, in float32's last bits.
/// </summary>
internal sealed class TorchNormal
{
    private const int Words = 624, Middle = 397, Block = 16;

    private readonly uint[] state = new uint[Words];
    private long position;

    public TorchNormal(uint seed)
    {
        state[0] = seed;
        for (uint i = 1; i < Words; i++) state[i] = (1812433253u * (state[i - 1] ^ (state[i - 1] >> 30))) + i;
    }

    /// <summary>Draws a tensor's numbers.</summary>
    /// <param name="first">how many of the generator's numbers were drawn before, not less than by the last call</param>
    /// <param name="count">at least 16</param>
    public double[] Draw(long first, int count)
    {
        while (position < first) Next();
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = Next();
        int begin = 0;
        for (; begin + Block <= count; begin += Block) Transform(values.AsSpan(begin, Block));
        if (begin < count)
        {
            // What is left over is drawn anew together with the end of the last block.
            Span<double> last = values.AsSpan(count - Block);
            for (int i = 0; i < Block; i++) last[i] = Next();
            Transform(last);
        }
        return values;
    }

    private static void Transform(Span<double> block)
    {
        for (int i = 0; i < Block / 2; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - block[i])), angle = 2 * Math.PI * block[i + (Block / 2)];
            (block[i], block[i + (Block / 2)]) = (radius * Math.Cos(angle), radius * Math.Sin(angle));
        }
    }

    // Uniform in [0, 1), in steps of 2^-24.
    private double Next()
    {
        int at = (int)(position++ % Words);
        if (at == 0) Twist();
        uint y = state[at];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        y ^= y >> 18;
        return (y & 0xFFFFFF) / (double)(1 << 24);
    }

    private void Twist()
    {
        for (int i = 0; i < Words; i++)
        {
            uint y = (state[i] & 0x80000000) | (state[(i + 1) % Words] & 0x7FFFFFFF);
            state[i] = state[(i + Middle) % Words] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }
    }
}
