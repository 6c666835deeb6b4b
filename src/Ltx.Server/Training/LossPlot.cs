using System.Globalization;
using Ltx.Training;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>A training's loss as a picture: every step a dot, and the mean of those around it as a line.</summary>
internal static class LossPlot
{
    private const int Width = 960, Height = 480, Left = 70, Bottom = 40, Margin = 16;

    // Steps that are averaged, as a share of all: noise levels are drawn anew for every step, so that single losses jump.
    private const double Window = 0.05;

    private const int Lines = 4;

    private static readonly (byte, byte, byte) Paper = (255, 255, 255), Grid = (225, 225, 225), Ink = (70, 70, 70), Dot = (170, 195, 235), Line = (25, 80, 190);

    /// <summary>Writes a PNG.</summary>
    /// <param name="losses">of every step, in their order; at least one</param>
    public static Task WriteAsync(string path, IReadOnlyList<double> losses, CancellationToken cancellation = default) =>
        PngWriter.WriteAsync(path, new FrameSize(Width, Height), [Draw(losses)], cancellationToken: cancellation);

    /// <summary>The picture.</summary>
    /// <returns>RGB24</returns>
    internal static byte[] Draw(IReadOnlyList<double> losses)
    {
        Raster raster = new(Width, Height, Paper);
        double most = Math.Max(losses.Max(), double.Epsilon);
        double X(double step) => Left + (step + 0.5) / losses.Count * (Width - Left - Margin);
        double Y(double loss) => Height - Bottom - loss / most * (Height - Bottom - Margin);
        for (int i = 0; i <= Lines; i++)
        {
            double level = most * i / Lines;
            raster.Line(Left, Y(level), Width - Margin, Y(level), Grid);
            raster.Text(8, (int)Y(level) - 5, level.ToString("G3", CultureInfo.InvariantCulture), Ink);
            int step = losses.Count * i / Lines;
            raster.Text(Math.Min((int)X(step - 0.5), Width - 60), Height - Bottom + 14, step.ToString(CultureInfo.InvariantCulture), Ink);
        }
        foreach ((int step, double loss) in losses.Index()) raster.Dot(X(step), Y(loss), Dot);
        double[] mean = Smooth(losses);
        for (int step = 1; step < mean.Length; step++) raster.Line(X(step - 1), Y(mean[step - 1]), X(step), Y(mean[step]), Line);
        return raster.Pixels;
    }

    private static double[] Smooth(IReadOnlyList<double> losses)
    {
        int half = (int)(losses.Count * Window / 2);
        double[] sums = new double[losses.Count + 1];
        for (int i = 0; i < losses.Count; i++) sums[i + 1] = sums[i] + losses[i];
        return [.. Enumerable.Range(0, losses.Count).Select(i =>
        {
            (int from, int to) = (Math.Max(0, i - half), Math.Min(losses.Count, i + half + 1));
            return (sums[to] - sums[from]) / (to - from);
        })];
    }
}
