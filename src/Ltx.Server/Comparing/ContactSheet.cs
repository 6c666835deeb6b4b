using Ltx.Video;

namespace Ltx.Server.Comparing;

/// <summary>Pictures of one size in rows and columns.</summary>
/// <param name="size">of each</param>
/// <param name="columns">in a row</param>
internal sealed class ContactSheet(FrameSize size, int columns)
{
    private const int Gap = 4;
    private const byte Paper = 24;

    private readonly List<Func<int, byte[]>> pictures = [];

    public int Rows => (pictures.Count + columns - 1) / columns;

    /// <summary>Of the whole sheet; even.</summary>
    public FrameSize Size => new((columns * size.Width + (columns - 1) * Gap + 1) & ~1, (Rows * size.Height + (Rows - 1) * Gap + 1) & ~1);

    /// <summary>Adds a picture behind the last one.</summary>
    /// <param name="frame">RGB24, by number of the sheet's frame</param>
    public void Add(Func<int, byte[]> frame) => pictures.Add(frame);

    /// <summary>The sheet as RGB24.</summary>
    public byte[] Draw(int frame)
    {
        FrameSize whole = Size;
        byte[] sheet = new byte[whole.Width * whole.Height * 3];
        Array.Fill(sheet, Paper);
        for (int i = 0; i < pictures.Count; i++)
        {
            (int row, int column) = Math.DivRem(i, columns);
            byte[] picture = pictures[i](frame);
            int top = row * (size.Height + Gap), left = column * (size.Width + Gap);
            for (int y = 0; y < size.Height; y++) picture.AsSpan(y * size.Width * 3, size.Width * 3).CopyTo(sheet.AsSpan(((top + y) * whole.Width + left) * 3));
        }
        return sheet;
    }
}
