using System.Globalization;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Planning;

/// <summary>Whether the transformer's own weights stay in pinned host memory, for changing LoRAs.</summary>
public enum PinnedWeights
{
    /// <summary>Where the host has memory for them.</summary>
    Auto,

    /// <summary>In any case.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>Where the transformer's own weights are read from when LoRAs change, decided before they are loaded.</summary>
/// <param name="Source">where</param>
/// <param name="Bytes">host memory that is pinned for it</param>
/// <param name="Reason">the decision in a sentence with its numbers</param>
public sealed record PristinePlan(PristineSource Source, long Bytes, string Reason)
{
    /// <summary>
    /// What stays free beside them: frames of a few requests (0.8 GB for 121 of 1920x1088, and as much for the result), ffmpeg's processes, the
    /// server itself and the system.
    /// </summary>
    public const long Margin = 8L << 30;

    /// <param name="pristine">bytes of the weights, and of the model's own LoRAs, in their files</param>
    /// <param name="streamed">bytes of host memory that streamed blocks are pinned in, at most</param>
    /// <param name="host">bytes of host memory that are left</param>
    /// <param name="liesInMemory">whether the file itself lies in memory</param>
    /// <param name="wish">the operator's</param>
    public static PristinePlan Choose(long pristine, long streamed, long host, bool liesInMemory, PinnedWeights wish)
    {
        if (pristine == 0) return new(PristineSource.File, 0, "pristine weights are in no file");
        if (wish == PinnedWeights.Off) return new(PristineSource.File, 0, "pristine weights are read from the file again, as the operator wants it");
        // Whatever the wish: a copy would be a second one.
        if (liesInMemory) return new(PristineSource.Mapped, 0, "pristine weights are read where the file lies, in memory");
        long needed = pristine + streamed + Margin;
        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"{pristine / 1e9:0.0} GB{(streamed > 0 ? string.Create(CultureInfo.InvariantCulture, $" beside {streamed / 1e9:0.0} GB of streamed blocks") : "")}, and the host has {host / 1e9:0.0} GB, of which {Margin / 1e9:0.0} GB are to stay free");
        if (needed <= host) return new(PristineSource.Pinned, pristine, $"pristine weights stay in pinned host memory: {numbers}");
        return wish == PinnedWeights.On
            ? new(PristineSource.Pinned, pristine, $"pristine weights stay in pinned host memory, as the operator wants it: {numbers}")
            : new(PristineSource.File, 0, $"pristine weights are read from the file again: pinned they would take {numbers}");
    }
}
