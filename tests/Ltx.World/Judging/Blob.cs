using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>The pixels of something that stands before a backdrop: the largest patch of them that hangs together.</summary>
/// <param name="Pixels">as x and y</param>
/// <param name="Colour">their mean, away from the outline where there is enough of them</param>
internal sealed record Blob(IReadOnlyList<(int X, int Y)> Pixels, Rgb Colour)
{
    // What a pixel must differ by from the backdrop, of 255: more than a VAE's rounding, less than any subject does.
    private const double LeastDifference = 45;

    /// <summary>Pixels that differ from the backdrop, in a patch or not.</summary>
    /// <param name="frame">RGB24</param>
    /// <param name="empty">the same scene with nothing in it</param>
    /// <param name="box">where to look</param>
    public static bool[] Different(byte[] frame, byte[] empty, Box box)
    {
        bool[] marked = new bool[Scene.Width * Scene.Height];
        for (int i = 0; i < marked.Length; i++)
        {
            marked[i] = box.Holds(i % Scene.Width + 0.5, i / Scene.Width + 0.5) && At(frame, i).DistanceTo(At(empty, i)) >= LeastDifference;
        }
        return marked;
    }

    /// <summary>The largest patch; null where no pixel differs.</summary>
    public static Blob? Find(byte[] frame, byte[] empty, Box box)
    {
        bool[] marked = Different(frame, empty, box);
        List<int> largest = [];
        for (int i = 0; i < marked.Length; i++)
        {
            if (!marked[i]) continue;
            List<int> patch = Patch(marked, i);
            if (patch.Count > largest.Count) largest = patch;
        }
        return largest.Count == 0 ? null : new Blob([.. largest.Select(i => (i % Scene.Width, i / Scene.Width))], Inner(frame, largest));
    }

    public double CentreX => Pixels.Average(pixel => pixel.X + 0.5);

    public double CentreY => Pixels.Average(pixel => pixel.Y + 0.5);

    /// <summary>The pixels that hang together with one, which are unmarked.</summary>
    private static List<int> Patch(bool[] marked, int first)
    {
        List<int> patch = [first];
        marked[first] = false;
        for (int next = 0; next < patch.Count; next++)
        {
            int i = patch[next], x = i % Scene.Width;
            Add(i - Scene.Width, true);
            Add(i + Scene.Width, true);
            Add(i - 1, x > 0);
            Add(i + 1, x < Scene.Width - 1);
        }
        return patch;

        void Add(int i, bool isBeside)
        {
            if (!isBeside || i < 0 || i >= marked.Length || !marked[i]) return;
            marked[i] = false;
            patch.Add(i);
        }
    }

    // The half of the pixels that is nearest to the middle: colours run into each other at outlines.
    private static Rgb Inner(byte[] frame, List<int> patch)
    {
        (double x, double y) = (patch.Average(i => i % Scene.Width), patch.Average(i => i / Scene.Width));
        double Distance(int i) => (i % Scene.Width - x) * (i % Scene.Width - x) + (i / Scene.Width - y) * (i / Scene.Width - y);
        List<Rgb> colours = [.. patch.OrderBy(Distance).Take((patch.Count + 1) / 2).Select(i => At(frame, i))];
        return new Rgb(colours.Average(colour => colour.Red), colours.Average(colour => colour.Green), colours.Average(colour => colour.Blue));
    }

    private static Rgb At(byte[] frame, int pixel) => new(frame[3 * pixel], frame[3 * pixel + 1], frame[3 * pixel + 2]);
}
