namespace Ltx.Inference.Planning;

/// <summary>In what portions pixels are worked on: what does the work goes by them, and what plans its memory.</summary>
internal static class WorkPortions
{
    // Inside the mask the correction of tone fades over this many times the feather.
    internal const int FadeFeathers = 4;

    // Fields that are smooth over a neighbourhood are computed on a grid whose cells are a sixth of it.
    private const int CellsInReach = 6;

    // One frame of 1920x1088.
    private const long PixelsAtOnce = 1L << 21;

    /// <summary>Frames of one run of a clip, of which several tensors live at once.</summary>
    public static long FramesAtOnce(long height, long width) => Math.Max(1, PixelsAtOnce / (height * width));

    /// <summary>Pixels of a side of the cells that the seam's tone is measured in.</summary>
    public static int ToneCell(int feather) => Cell(FadeFeathers * feather / 2);

    /// <summary>Pixels of a side of the cells of a field that is smooth over so many pixels.</summary>
    public static int Cell(int reach) => Math.Max(1, reach / CellsInReach);
}
