namespace Ltx.Training.Data;

/// <summary>Counts what comes out of an archive, whatever its headers say of it.</summary>
/// <param name="archive">bytes that it has itself</param>
internal sealed class UnpackedBytes(DataSetLimits limits, long archive)
{
    private long total;

    /// <param name="name">of the file that grows</param>
    /// <param name="length">bytes of it until now</param>
    /// <param name="more">those of them that are new</param>
    /// <exception cref="DataSetException">It is too much.</exception>
    public void Count(string name, long length, int more)
    {
        total += more;
        string? wrong = length > limits.MaxFileBytes ? $"{Quoted.Name(name)} of the archive has more than {limits.MaxFileBytes} bytes."
            : total > limits.MaxBytes ? $"The archive's files have more than {limits.MaxBytes} bytes together."
            : total > limits.RatioFloor && total > limits.MaxRatio * archive
                ? $"The archive's files are more than {limits.MaxRatio} times larger than the archive itself, which no videos are."
            : null;
        if (wrong is not null) throw new DataSetException(wrong);
    }
}
