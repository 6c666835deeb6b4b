using Ltx.Inference.Safety;
using Ltx.Server.Media;

namespace Ltx.Server.Tests.Safety;

/// <summary>Patterns without meaning that the model is sure of (tests/goldens/safety), enlarged by the model's own rule.</summary>
internal static class SurePattern
{
    public const int Side = SafetyClassifier.Side;

    /// <summary>Pixels a side of what is stored.</summary>
    public const int Stored = 56;

    /// <param name="index">0: Hentai, 1: Porn, 2: Sexy</param>
    /// <param name="side">pixels a side</param>
    public static byte[] Read(int index, int side = Side)
    {
        byte[] pattern = File.ReadAllBytes(Path.Combine(ModelLocator.Home, "tests", "goldens", "safety", "strong.rgb")).AsSpan(index * Stored * Stored * 3, Stored * Stored * 3).ToArray();
        double step = (Stored - 1.0) / (side - 1);
        double Level(int x, int y, int channel) => pattern[(Math.Min(y, Stored - 1) * Stored + Math.Min(x, Stored - 1)) * 3 + channel];
        byte[] pixels = new byte[side * side * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (double x, double y, int channel) = (i / 3 % side * step, i / 3 / side * step, i % 3);
            (int left, int top) = ((int)x, (int)y);
            double upper = Level(left, top, channel) * (left + 1 - x) + Level(left + 1, top, channel) * (x - left);
            double lower = Level(left, top + 1, channel) * (left + 1 - x) + Level(left + 1, top + 1, channel) * (x - left);
            pixels[i] = (byte)Math.Round(upper * (top + 1 - y) + lower * (y - top));
        }
        return pixels;
    }
}
