namespace Ltx.Server.Media;

/// <summary>
/// A scene of the small world that the miniature model was trained on (models/miniature/README.md): two colours in slow waves, a small
/// shape that passes by, and a subject under a slowly moving rectangle, which is the mask. With a sound of its own.
/// </summary>
internal static class DemoScene
{
    public const int Width = 384, Height = 256, Frames = 25, FramesPerSecond = 24, SampleRate = 48000;

    private static readonly double[] Dark = [38, 92, 120], Light = [196, 180, 150], Subject = [240, 240, 240], Passing = [250, 205, 40];

    /// <summary>RGB24.</summary>
    public static byte[] Frame(int index)
    {
        double time = (double)index / FramesPerSecond;
        (double left, double top, double right, double bottom) = Rectangle(index);
        (double centreX, double centreY) = ((left + right) / 2, (top + bottom) / 2);
        // As large as the world's subjects are.
        double half = 0.36 * Math.Min(right - left, bottom - top);
        byte[] frame = new byte[Width * Height * 3];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                double blend = 0.5 + 0.4 * Math.Sin(x * 0.011 + y * 0.014 + time * 0.6) + 0.1 * Math.Sin(x * -0.019 + y * 0.012 + time * 1.1);
                double square = Coverage(Math.Max(Math.Abs(x + 0.5 - centreX), Math.Abs(y + 0.5 - centreY)) - half);
                double disc = Coverage(Math.Sqrt(Math.Pow(x + 0.5 - (50 + 60 * time), 2) + Math.Pow(y + 0.5 - 205, 2)) - 17);
                for (int c = 0; c < 3; c++)
                {
                    double value = Dark[c] + (Light[c] - Dark[c]) * blend;
                    value += (Passing[c] - value) * disc;
                    value += (Subject[c] - value) * square;
                    frame[(y * Width + x) * 3 + c] = (byte)Math.Round(Math.Clamp(value, 0, 255));
                }
            }
        }
        return frame;
    }

    /// <summary>The mask as RGB24: white in the rectangle, black elsewhere.</summary>
    public static byte[] Mask(int index)
    {
        (double left, double top, double right, double bottom) = Rectangle(index);
        byte[] frame = new byte[Width * Height * 3];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                if (x + 0.5 >= left && x + 0.5 < right && y + 0.5 >= top && y + 0.5 < bottom) frame.AsSpan((y * Width + x) * 3, 3).Fill(255);
            }
        }
        return frame;
    }

    /// <summary>Three plucked notes from left to right: left and right channel.</summary>
    public static float[][] Sound()
    {
        int samples = SampleRate * Frames / FramesPerSecond;
        double[] notes = [392.0, 523.25, 659.25];
        float[] left = new float[samples], right = new float[samples];
        for (int note = 0; note < notes.Length; note++)
        {
            int start = samples * note / notes.Length;
            double pan = (double)note / (notes.Length - 1);
            for (int i = start; i < samples; i++)
            {
                double t = (double)(i - start) / SampleRate;
                double value = 0.25 * Math.Sin(2 * Math.PI * notes[note] * t) * Math.Exp(-4 * t) * Math.Min(1, t * 200);
                left[i] += (float)(value * (1 - pan));
                right[i] += (float)(value * pan);
            }
        }
        return [left, right];
    }

    private static (double Left, double Top, double Right, double Bottom) Rectangle(int index)
    {
        double time = (double)index / FramesPerSecond;
        double left = 150 + 12 * time, top = 60 + 6 * time;
        return (left, top, left + 130, top + 130);
    }

    // From 1 inside to 0 outside over the width of a pixel.
    private static double Coverage(double distance) => Math.Clamp(0.5 - distance, 0, 1);
}
