using System.Globalization;
using System.Text;
using Ltx.Training.Data;
using Ltx.Training.Preparation;

namespace Ltx.Training.Tests.Preparation;

/// <summary>A film that is a line of text: what it is, and what it shows.</summary>
/// <param name="Frames">that it says it has; null where it does not say</param>
/// <param name="Rate">null where it does not say</param>
internal sealed record FakeFilm(int Width = 64, int Height = 64, int? Frames = 9, double? Rate = 24, bool IsStill = false)
{
    /// <summary>What other films do not show.</summary>
    public int Seed { get; init; }

    /// <summary>Frames that can be read, where these are not those that it says it has.</summary>
    public int? Real { get; init; }

    /// <summary>The frame that cannot be decoded.</summary>
    public int? Damaged { get; init; }

    /// <summary>Of a mask: the columns and rows that are white, from the first on; by frames, the last one for all that follow.</summary>
    public (int Columns, int Rows)[] White { get; init; } = [(32, 32)];

    public static FakeFilm Picture(int width = 64, int height = 64) => new(width, height, 1, null, IsStill: true);

    public int Count => IsStill ? 1 : Real ?? Frames ?? throw new InvalidOperationException("How many frames are there?");

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToText());

    public string ToText()
    {
        string white = string.Join(',', White.Select(one => $"{one.Columns}-{one.Rows}"));
        return string.Join(' ', "film", Width, Height, Text(Frames), Text(Rate), IsStill, Seed, Text(Real), Text(Damaged), white);
    }

    /// <summary>Null where a file is none.</summary>
    public static FakeFilm? Find(string path)
    {
        if (File.ReadAllText(path).Split(' ') is not ["film", .. { Length: 9 } parts]) return null;
        double? rate = parts[3] == "-" ? null : double.Parse(parts[3], CultureInfo.InvariantCulture);
        return new FakeFilm(Number(parts[0])!.Value, Number(parts[1])!.Value, Number(parts[2]), rate, bool.Parse(parts[4]))
        {
            Seed = Number(parts[5])!.Value,
            Real = Number(parts[6]),
            Damaged = Number(parts[7]),
            White = [.. parts[8].Split(',').Select(white => white.Split('-')).Select(white => (Number(white[0])!.Value, Number(white[1])!.Value))],
        };
    }

    /// <summary>[Height, Width, 3] slow waves, of which no two frames are alike.</summary>
    public byte[] Picture(int frame)
    {
        byte[] pixels = new byte[Height * Width * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int y, int x, int channel) = (i / 3 / Width, i / 3 % Width, i % 3);
            pixels[i] = (byte)(128 + 100 * Math.Sin(0.1 * x + 0.07 * y * (channel + 1) + 0.4 * frame + Seed));
        }
        return pixels;
    }

    /// <summary>[Height, Width]</summary>
    public byte[] Mask(int frame)
    {
        (int columns, int rows) = White[Math.Min(frame, White.Length - 1)];
        byte[] pixels = new byte[Height * Width];
        for (int y = 0; y < Math.Min(rows, Height); y++) pixels.AsSpan(y * Width, Math.Min(columns, Width)).Fill(255);
        return pixels;
    }

    private static string Text(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture) ?? "-";

    private static int? Number(string text) => text == "-" ? null : int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>Reads such films.</summary>
internal sealed class FakeMedia : ITrainingMedia
{
    public IMediaFile Probe(string path, string role, CancellationToken cancellation) =>
        FakeFilm.Find(path) is { } film ? new FakeMediaFile(film, role) : throw Wrong(role, "is not a video or picture of a known format");

    public static DataSetException Wrong(string role, string rest) => new($"{char.ToUpperInvariant(role[0])}{role[1..]} {rest}.");

    private sealed class FakeMediaFile(FakeFilm film, string role) : IMediaFile
    {
        public int Width => film.Width;

        public int Height => film.Height;

        public bool IsStill => film.IsStill;

        public long? Frames => film.IsStill ? null : film.Frames;

        public double? FramesPerSecond => film.Rate;

        public IEnumerable<byte[]> Read(int most, double framesPerSecond, CancellationToken cancellation) =>
            Places(most, framesPerSecond).Select(film.Picture);

        public MaskPictures ReadMask(int most, double framesPerSecond, CancellationToken cancellation) =>
            new([.. Places(most, framesPerSecond).Select(film.Mask)], []);

        // Which of the film's frames is shown at each of the times.
        private IEnumerable<int> Places(int most, double framesPerSecond)
        {
            double step = film.IsStill ? 1 : (film.Rate ?? framesPerSecond) / framesPerSecond;
            for (int i = 0; i < most; i++)
            {
                int place = (int)(i * step + 1e-6);
                if (place >= film.Count) yield break;
                if (place >= film.Damaged) throw Wrong(role, "is damaged or incomplete");
                yield return place;
            }
        }
    }
}
