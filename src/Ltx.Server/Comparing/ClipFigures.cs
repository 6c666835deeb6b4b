using Ltx.Inference.Generation;

namespace Ltx.Server.Comparing;

/// <summary>What can be said of a result without knowing what it should be.</summary>
/// <param name="Psnr">of everything beyond the mask, in dB against the source; the codec's loss where nothing else was changed</param>
/// <param name="SeamStep">grey levels between neighbours on either side of the mask's edge, less those between neighbours around it: 0 is a seam that nobody sees</param>
/// <param name="FlickerInside">grey levels by which a pixel inside the mask changes from frame to frame, on average</param>
/// <param name="FlickerAround">the same of the source, around the mask</param>
/// <param name="Green">share of the pixels in and around the mask that are the guide's green and were not in the source, in percent</param>
internal sealed record ClipFigures(double Psnr, double SeamStep, double FlickerInside, double FlickerAround, double Green)
{
    // Pixels around the mask that count as its surroundings.
    private const int Around = 12;

    // Of 255 in every channel: what is nearer to the guide's colour than this is green that was left. Encoders move it a little.
    private const int GreenDistance = 40;
    private static readonly int[] GuideGreen = [0x66, 0xFF, 0x00];

    private const double Peak = 255;

    /// <param name="source">RGB24, a frame each</param>
    /// <param name="result">RGB24, as many and as large</param>
    /// <param name="mask">grey; the last one holds where there are fewer</param>
    public static ClipFigures Of(IReadOnlyList<byte[]> source, IReadOnlyList<byte[]> result, IReadOnlyList<byte[]> mask, int width, int height)
    {
        Mean squares = new(), across = new(), beside = new(), inside = new(), around = new();
        long green = 0, watched = 0;
        for (int frame = 0; frame < result.Count; frame++)
        {
            bool[] white = White(mask[Math.Min(frame, mask.Count - 1)]), near = Grown(white, width, height);
            byte[] was = source[frame], now = result[frame];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int i = y * width + x;
                    if (!white[i]) for (int c = 0; c < 3; c++) squares.Add(Math.Pow(was[3 * i + c] - now[3 * i + c], 2));
                    if (!near[i]) continue;
                    watched++;
                    if (IsGreen(now, i) && !IsGreen(was, i)) green++;
                    if (x + 1 < width) Neighbours(i, i + 1);
                    if (y + 1 < height) Neighbours(i, i + width);
                    if (frame == 0) continue;
                    if (white[i]) inside.Add(Math.Abs(Luma(now, i) - Luma(result[frame - 1], i)));
                    else around.Add(Math.Abs(Luma(was, i) - Luma(source[frame - 1], i)));
                }
            }

            void Neighbours(int i, int other)
            {
                double step = Math.Abs(Luma(now, i) - Luma(now, other));
                if (white[i] != white[other]) across.Add(step);
                else if (!white[i] && near[other]) beside.Add(step);
            }
        }
        double psnr = squares.Value == 0 ? double.PositiveInfinity : 10 * Math.Log10(Peak * Peak / squares.Value);
        return new ClipFigures(psnr, across.Value - beside.Value, inside.Value, around.Value, watched == 0 ? 0 : 100.0 * green / watched);
    }

    private static bool[] White(byte[] mask) => Array.ConvertAll(mask, value => value >= InpaintRequest.LeastWhite);

    private static bool IsGreen(byte[] frame, int pixel)
    {
        for (int c = 0; c < 3; c++)
        {
            if (Math.Abs(frame[3 * pixel + c] - GuideGreen[c]) > GreenDistance) return false;
        }
        return true;
    }

    // BT.709
    private static double Luma(byte[] frame, int pixel) => 0.2126 * frame[3 * pixel] + 0.7152 * frame[3 * pixel + 1] + 0.0722 * frame[3 * pixel + 2];

    // By a square, rows and columns one after the other.
    private static bool[] Grown(bool[] white, int width, int height)
    {
        bool[] rows = new bool[white.Length], grown = new bool[white.Length];
        for (int y = 0; y < height; y++) Spread(white, rows, y * width, 1, width);
        for (int x = 0; x < width; x++) Spread(rows, grown, x, width, height);
        return grown;
    }

    private static void Spread(bool[] from, bool[] to, int start, int step, int count)
    {
        int last = int.MinValue / 2;
        for (int k = 0; k < count; k++)
        {
            if (from[start + k * step]) last = k;
            if (k - last <= Around) to[start + k * step] = true;
        }
        last = int.MaxValue / 2;
        for (int k = count - 1; k >= 0; k--)
        {
            if (from[start + k * step]) last = k;
            if (last - k <= Around) to[start + k * step] = true;
        }
    }

    private sealed class Mean
    {
        private double sum;
        private long count;

        public double Value => count == 0 ? 0 : sum / count;

        public void Add(double value)
        {
            sum += value;
            count++;
        }
    }
}
