namespace Ltx.Server.Training;

/// <summary>A picture that is drawn into: dots, lines, and numbers in a font of three by five squares.</summary>
internal sealed class Raster
{
    private const int Square = 2, GlyphWidth = 3, GlyphHeight = 5;

    // Rows of three bits each, the top one first.
    private static readonly Dictionary<char, int> Glyphs = new()
    {
        ['0'] = 0b111_101_101_101_111,
        ['1'] = 0b010_110_010_010_111,
        ['2'] = 0b111_001_111_100_111,
        ['3'] = 0b111_001_111_001_111,
        ['4'] = 0b101_101_111_001_001,
        ['5'] = 0b111_100_111_001_111,
        ['6'] = 0b111_100_111_101_111,
        ['7'] = 0b111_001_010_010_010,
        ['8'] = 0b111_101_111_101_111,
        ['9'] = 0b111_101_111_001_111,
        ['.'] = 0b000_000_000_000_010,
        ['-'] = 0b000_000_111_000_000,
        ['+'] = 0b000_010_111_010_000,
        ['E'] = 0b111_100_111_100_111,
    };

    private readonly int width, height;

    public Raster(int width, int height, (byte R, byte G, byte B) paper)
    {
        (this.width, this.height) = (width, height);
        Pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) Set(x, y, paper);
    }

    /// <summary>RGB24.</summary>
    public byte[] Pixels { get; }

    public void Dot(double x, double y, (byte R, byte G, byte B) ink)
    {
        for (int dy = -1; dy <= 1; dy++) for (int dx = -1; dx <= 1; dx++) Set((int)x + dx, (int)y + dy, ink);
    }

    public void Line(double fromX, double fromY, double toX, double toY, (byte R, byte G, byte B) ink)
    {
        int steps = Math.Max(1, (int)Math.Max(Math.Abs(toX - fromX), Math.Abs(toY - fromY)));
        for (int i = 0; i <= steps; i++)
        {
            (int x, int y) = ((int)(fromX + (toX - fromX) * i / steps), (int)(fromY + (toY - fromY) * i / steps));
            Set(x, y, ink);
            Set(x, y + 1, ink);
        }
    }

    /// <param name="text">digits, and what stands between them in numbers; of anything else there is a gap</param>
    public void Text(int x, int y, string text, (byte R, byte G, byte B) ink)
    {
        foreach (char letter in text)
        {
            int glyph = Glyphs.GetValueOrDefault(letter);
            for (int square = 0; square < GlyphWidth * GlyphHeight; square++)
            {
                if ((glyph >> (GlyphWidth * GlyphHeight - 1 - square) & 1) == 0) continue;
                (int left, int top) = (x + square % GlyphWidth * Square, y + square / GlyphWidth * Square);
                for (int dy = 0; dy < Square; dy++) for (int dx = 0; dx < Square; dx++) Set(left + dx, top + dy, ink);
            }
            x += (GlyphWidth + 1) * Square;
        }
    }

    private void Set(int x, int y, (byte R, byte G, byte B) ink)
    {
        if (x < 0 || y < 0 || x >= width || y >= height) return;
        int at = 3 * (y * width + x);
        (Pixels[at], Pixels[at + 1], Pixels[at + 2]) = ink;
    }
}
