namespace Ltx.World.Scenes;

/// <summary>
/// A scene of the miniature's small world (models/miniature/README.md): two colours in slow waves, small shapes that pass by, and a slowly moving
/// rectangle, which is the mask, under which something stands. Drawn the same on every machine, byte for byte.
/// </summary>
/// <param name="Backdrop">behind all</param>
/// <param name="Passers">up to two; none ever comes near the mask</param>
/// <param name="Mask">what is to be made anew</param>
/// <param name="Given">what stands there in the source; null for nothing</param>
/// <param name="Wanted">what is to stand there; null for nothing</param>
/// <param name="Prompt">says so</param>
/// <param name="Band">colour of a band along the upper edge; null for none</param>
internal sealed record Scene(Backdrop Backdrop, IReadOnlyList<Passer> Passers, MovingBox Mask, Subject? Given, Subject? Wanted, string Prompt, Rgb? Band = null)
{
    public const int Width = 384, Height = 256, Frames = 25, FramesPerSecond = 24;

    /// <summary>How high the band is, where there is one.</summary>
    public const int BandHeight = 48;

    public static double Seconds => Time(Frames - 1);

    /// <summary>When a frame is shown, in seconds.</summary>
    public static double Time(int frame) => (double)frame / FramesPerSecond;

    /// <summary>The clip as it is given.</summary>
    public byte[] Source(int frame) => Draw(frame, Given);

    /// <summary>The clip as it is wanted.</summary>
    public byte[] Target(int frame) => Draw(frame, Wanted);

    /// <summary>The clip with nothing under the mask.</summary>
    public byte[] Empty(int frame) => Draw(frame, null);

    /// <summary>The mask in grey: 255 within, 0 elsewhere.</summary>
    public byte[] MaskFrame(int frame) => White(Mask.At(Time(frame)));

    /// <summary>The mask as the miniature's recipe widens it before the model is shown anything (models/recipes/until-now.json).</summary>
    public byte[] GrownMask(int frame) => White(Grown(frame));

    /// <summary>
    /// The widened mask and all of every cell that it touches, which is what is made anew: a trainer by the reference's rule takes a cell for masked where
    /// its mask is white by more than half.
    /// </summary>
    public byte[] CellMask(int frame)
    {
        // Of the first stage, which works at half the size.
        const double Cell = 64;
        Box box = Grown(frame);
        static double Down(double pixels) => Math.Floor(pixels / Cell) * Cell;
        static double Up(double pixels) => Math.Ceiling(pixels / Cell) * Cell;
        return White(new Box(Down(box.Left), Down(box.Top), Up(box.Right), Up(box.Bottom)));
    }

    private Box Grown(int frame)
    {
        const double Grow = 8;
        Box box = Mask.At(Time(frame));
        return new Box(box.Left - Grow, box.Top - Grow, box.Right + Grow, box.Bottom + Grow);
    }

    private static byte[] White(Box box)
    {
        byte[] mask = new byte[Width * Height];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++) mask[y * Width + x] = box.Holds(x + 0.5, y + 0.5) ? byte.MaxValue : (byte)0;
        }
        return mask;
    }

    /// <returns>RGB24</returns>
    private byte[] Draw(int frame, Subject? subject)
    {
        double seconds = Time(frame);
        Box box = Mask.At(seconds);
        double size = subject?.SizeIn(box) ?? 0;
        byte[] pixels = new byte[Width * Height * 3];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                (double middleX, double middleY) = (x + 0.5, y + 0.5);
                Rgb colour = Backdrop.At(middleX, middleY, seconds);
                foreach (Passer passer in Passers) Cover(ref colour, passer.Colour, passer.Coverage(middleX, middleY, seconds));
                if (Band is { } band && y < BandHeight) colour = band;
                if (subject is not null) Cover(ref colour, subject.Colour, Shape.Coverage(subject.Shape, middleX - box.CentreX, middleY - box.CentreY, size));
                Put(colour, pixels.AsSpan((y * Width + x) * 3));
            }
        }
        return pixels;
    }

    private static void Cover(ref Rgb colour, NamedColour with, double coverage)
    {
        if (coverage > 0) colour = colour.Towards(with.Rgb, coverage);
    }

    private static void Put(Rgb colour, Span<byte> pixel)
    {
        pixel[0] = (byte)(colour.Red + 0.5);
        pixel[1] = (byte)(colour.Green + 0.5);
        pixel[2] = (byte)(colour.Blue + 0.5);
    }
}
