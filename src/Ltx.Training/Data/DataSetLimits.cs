namespace Ltx.Training.Data;

/// <summary>How large a data set may be. The defaults suit a server that is sent data sets by strangers.</summary>
internal sealed record DataSetLimits
{
    public static DataSetLimits Default { get; } = new();

    /// <summary>Most files; fal's neighbouring trainers take 1000 and recommend 15 to 30 clips (lora-training.md, A1.5).</summary>
    public int MaxFiles { get; init; } = 1000;

    /// <summary>Most bytes of all files of an archive, unpacked.</summary>
    public long MaxBytes { get; init; } = 20L << 30;

    /// <summary>Most bytes of one of them.</summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>
    /// How many times larger than the archive its files may be together, which also bounds archives whose entries lie over one another. Videos do not
    /// become smaller in an archive, and masks as pictures take a hundredth of them.
    /// </summary>
    public double MaxRatio { get; init; } = 100;

    /// <summary>
    /// Bytes up to which the ratio is not looked at: deflate makes a thousandth of a black picture, and a few of these may be a data set's masks.
    /// </summary>
    public long RatioFloor { get; init; } = 256L << 20;

    /// <summary>Most bytes of a caption; a prompt has 1024 tokens.</summary>
    public int MaxCaptionBytes { get; init; } = 64 << 10;
}
