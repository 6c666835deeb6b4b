using Ltx.Inference;
using Ltx.Inference.Latents;

namespace Ltx.Training.Preparation;

/// <summary>
/// Which size clips are brought to. The hosted trainers do not publish the pixels behind their words, so these are our own (README.md).
/// </summary>
internal static class TrainingSize
{
    /// <summary>The pixels that the hosted trainers' words stand for here.</summary>
    /// <param name="frames">Time * k + 1</param>
    /// <param name="scale">of the VAE</param>
    /// <param name="reference">how much smaller a reference is, which must lie on the grid too</param>
    public static PixelShape Of(TrainingResolution resolution, TrainingAspect aspect, int frames, VideoScale scale, ReferenceScale? reference = null)
    {
        int factor = (reference ?? ReferenceScale.One).Spatial;
        (int rows, int columns) = (scale.Height * factor, scale.Width * factor);
        (int shorter, int longer) = resolution switch
        {
            TrainingResolution.Low => (360, 640),
            TrainingResolution.Medium => (540, 960),
            TrainingResolution.High => (720, 1280),
            _ => throw new ArgumentOutOfRangeException(nameof(resolution), resolution, "Unknown resolution."),
        };
        if (aspect == TrainingAspect.Landscape) return new PixelShape(frames, Nearest(shorter, rows), Nearest(longer, columns));
        if (aspect == TrainingAspect.Portrait) return new PixelShape(frames, Nearest(longer, rows), Nearest(shorter, columns));
        // A side that both grids have, and no more pixels than a clip of 16:9 has: what fits a device in one fits it in the other.
        int grid = rows / Divisor(rows, columns) * columns;
        double side = Math.Sqrt((double)Nearest(shorter, rows) * Nearest(longer, columns));
        int square = Math.Max(1, (int)(side / grid)) * grid;
        return new PixelShape(frames, square, square);
    }

    /// <summary>Insists that a clip of that size can be encoded, and its reference with it.</summary>
    /// <exception cref="InferenceException">It cannot.</exception>
    public static void Check(PixelShape shape, VideoScale scale, ReferenceScale reference)
    {
        int columns = scale.Width * reference.Spatial, rows = scale.Height * reference.Spatial, step = scale.Time * reference.Temporal;
        if (shape.Width < 1 || shape.Height < 1 || shape.Width % columns != 0 || shape.Height % rows != 0)
        {
            string smaller = reference.Spatial == 1 ? "" : $", because references are {reference.Spatial} times smaller";
            string size = $"{shape.Width}x{shape.Height}";
            throw Wrong($"Clips of {size} pixels cannot be trained with: the sides must be multiples of {columns} and {rows}{smaller}.");
        }
        if (shape.Frames >= 1 && (shape.Frames - 1) % step == 0) return;
        string fewer = reference.Temporal == 1 ? "" : $", because references have {reference.Temporal} times fewer";
        throw Wrong($"Clips of {shape.Frames} frames cannot be trained with: their number must be one more than a multiple of {step}{fewer}.");
    }

    /// <summary>What an option says that cannot be.</summary>
    internal static InferenceException Wrong(string sentence) => new(Fault.Input, sentence);

    // Halfway goes to the even multiple, which is 704 rather than 736 for 720: it lies on the grid of two stages too.
    private static int Nearest(int pixels, int grid) => Math.Max(1, (int)Math.Round((double)pixels / grid)) * grid;

    private static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);
}
