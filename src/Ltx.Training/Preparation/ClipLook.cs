using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Training.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// Looks at a clip's files before any model is loaded: what cannot be trained with is known by then, but for damage within a video.
/// </summary>
internal sealed class ClipLook(ITrainingMedia media, IPreparationModels models, SampleCache cache, PreparationOptions options)
{
    /// <summary>What files are called in sentences.</summary>
    public const string ClipRole = "the clip", MaskRole = "the mask", ReferenceRole = "the reference";

    // Shapes that differ by less come of sides that were rounded.
    private const double SameShape = 0.02;

    /// <exception cref="DataSetException">The clip cannot be used.</exception>
    public LookedAtClip Look(DataSetClip clip, CancellationToken cancellation)
    {
        List<string> notes = [];
        IMediaFile target = media.Probe(clip.Target, ClipRole, cancellation);
        if (target.IsStill != clip.IsPicture)
        {
            throw new DataSetException($"The clip is named as a {Word(clip.IsPicture)} and is a {Word(target.IsStill)}.");
        }
        PixelShape size = Size(target);
        ClipTime time = ClipTime.Of(target, size.Frames, options, notes);
        IMediaFile? mask = clip.Mask is null ? null : media.Probe(clip.Mask, MaskRole, cancellation);
        IMediaFile? reference = clip.Reference is null ? null : media.Probe(clip.Reference, ReferenceRole, cancellation);
        NoteSizes(target, mask, size, notes);
        if (reference is not null) Compare(target, reference, size.Frames, notes);

        string Hash(string path) => SampleKey.OfFile(path, cancellation);
        (string, ReferenceScale)? referenceKey = clip.Reference is null ? null : (Hash(clip.Reference), options.Reference);
        string content = SampleKey.Content(size, time, Hash(clip.Target), clip.Mask is null ? null : Hash(clip.Mask), referenceKey);
        string file = cache.ClipFile(SampleKey.Clip(models, content));
        LookedAtClip looked = new(clip, target, reference, size, time, content, file) { Notes = notes };
        if (SampleCache.FindNotes(file) is { } found) return looked with { IsPrepared = true, MaskNotes = found };
        return mask is null ? looked : WithMask(looked, mask, cancellation);
    }

    private PixelShape Size(IMediaFile target)
    {
        int fewest = options.Sizes.Min(size => size.Frames);
        if (target.IsStill && fewest > 1)
        {
            throw new DataSetException($"The clip is a picture, and clips of {fewest} frames are asked for; pictures are clips of one.");
        }
        // As many as there must be, where the file does not say; too few are found out when it is read.
        long has = target.IsStill ? 1 : options.ScalesTime ? long.MaxValue : target.Frames ?? long.MaxValue;
        // What a duration and a rate make may be one too few.
        long mayHave = has + 1 == fewest ? fewest : has;
        return Buckets.Nearest(options.Sizes, mayHave, target.Height, target.Width) ?? throw ClipVideo.TooShort(ClipRole, has, fewest);
    }

    private static void NoteSizes(IMediaFile target, IMediaFile? mask, PixelShape size, List<string> notes)
    {
        CoverCrop crop = CoverCrop.Of(target.Height, target.Width, size.Height, size.Width);
        string own = $"{target.Width}x{target.Height}";
        if (crop.ResizedHeight > target.Height) notes.Add($"The clip is {own} pixels, and is enlarged to cover {size.Width}x{size.Height}.");
        if (mask is null || HasShapeOf(target, mask)) return;
        notes.Add($"The mask is {mask.Width}x{mask.Height} pixels, and is stretched over the clip's {own}.");
    }

    private void Compare(IMediaFile target, IMediaFile reference, int frames, List<string> notes)
    {
        if (reference.IsStill != target.IsStill)
        {
            string kinds = $"The clip is a {Word(target.IsStill)} and its reference a {Word(reference.IsStill)}";
            throw new DataSetException($"{kinds}; both must be of one kind.");
        }
        if (!HasShapeOf(target, reference))
        {
            string sizes = $"The reference is {reference.Width}x{reference.Height} pixels and the clip {target.Width}x{target.Height}";
            throw new DataSetException($"{sizes}; both must have one shape.");
        }
        if (reference.FramesPerSecond is { } rate && target.FramesPerSecond is { } own && !ClipTime.IsSame(rate, own))
        {
            string rates = FormattableString.Invariant($"The reference has {rate:0.###} frames a second and the clip {own:0.###}");
            notes.Add($"{rates}; it is read in the clip's time.");
        }
        else if (!options.ScalesTime && reference.Frames is { } has && has + 1 < frames)
        {
            throw ClipVideo.TooShort(ReferenceRole, has, frames);
        }
    }

    private LookedAtClip WithMask(LookedAtClip clip, IMediaFile mask, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        int frames = clip.Size.Frames;
        MaskPictures pictures = mask.ReadMask(frames, clip.Time.Reading, cancellation);
        Tensor keep = MaskCells.Keep(pictures.Frames, mask.Height, mask.Width, clip.Crop(), frames, models.Scale);
        MaskCells.Check(keep, models.Scale);
        int has = pictures.Frames.Count;
        string[] held = mask.IsStill || has >= frames ? [] : [$"The mask ends after {has} of {frames} frames; its last one is held."];
        return clip with { Keep = keep.ToArray<bool>(), MaskNotes = [.. pictures.Notes, .. held] };
    }

    private static bool HasShapeOf(IMediaFile one, IMediaFile other) =>
        Math.Abs(Math.Log((double)one.Width * other.Height / ((double)one.Height * other.Width))) <= SameShape;

    private static string Word(bool isPicture) => isPicture ? "picture" : "video";
}
