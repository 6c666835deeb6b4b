using Ltx.Inference.Latents;
using Ltx.Training.Data;

namespace Ltx.Training.Preparation;

/// <summary>A clip whose files can be used, as far as can be told without reading them through.</summary>
/// <param name="Clip">its files</param>
/// <param name="Target">the one that is learned</param>
/// <param name="Reference">what it is made from; null where the kind has none</param>
/// <param name="Size">that it is brought to</param>
/// <param name="Time">that it is read in</param>
/// <param name="Content">what it is, by the hashes of its files</param>
/// <param name="File">where its latents are, or will be</param>
internal sealed record LookedAtClip(
    DataSetClip Clip, IMediaFile Target, IMediaFile? Reference, PixelShape Size, ClipTime Time, string Content, string File)
{
    /// <summary>Whether its latents are there.</summary>
    public bool IsPrepared { get; init; }

    /// <summary>
    /// [1, F', H', W'] its mask's cells in their order, true where the clip is given; null where the kind has none, or the clip is prepared.
    /// </summary>
    public bool[]? Keep { get; init; }

    /// <summary>What there is to say of its files, in sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>What there is to say of its mask, which is known when that is read, and stays with the latents.</summary>
    public IReadOnlyList<string> MaskNotes { get; init; } = [];

    /// <summary>How its frames come to a size that is so many times smaller than <see cref="Size"/>.</summary>
    public CoverCrop Crop(int factor = 1) => CoverCrop.Of(Target.Height, Target.Width, Size.Height / factor, Size.Width / factor);
}
