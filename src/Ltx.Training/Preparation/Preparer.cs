using Ltx.Inference;
using Ltx.Inference.Latents;
using Ltx.Training.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// Makes of a data set's clips what steps are computed with, once: latents and contexts, in files. Whoever is killed at it, or trains with the same
/// clips again, goes on with the files that are there; the same inputs give the same bits.
/// </summary>
/// <param name="models">loaded one after the other, and gone when it is done</param>
/// <param name="media">the way to the files' pictures</param>
/// <param name="folder">for the prepared files; one process at a time writes to it</param>
internal sealed class Preparer(IPreparationModels models, ITrainingMedia media, string folder)
{
    private readonly SampleCache cache = new(folder);

    /// <param name="progress">told of every clip before it is worked on, and of every stage's end</param>
    /// <exception cref="DataSetException">Not one clip can be used; it has the reason of each.</exception>
    /// <exception cref="InferenceException">The options cannot be, or the model cannot be used.</exception>
    public PreparedData Prepare(
        DataSet data, PreparationOptions options, Action<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Check(models.Scale);
        PreparationRun run = new(data.Refused, progress, cancellation);
        ClipLook look = new(media, models, cache, options);
        List<LookedAtClip> clips = run.Each(PreparationStage.Looking, data.Clips, clip => clip.Name, clip => look.Look(clip, cancellation));
        clips = EncodeClips(clips, options.Reference, run, cancellation);
        EncodeCaptions(clips, run);
        return new PreparedData(clips.ConvertAll(Prepared), run.Refused);
    }

    private PreparedClip Prepared(LookedAtClip clip)
    {
        IReadOnlyList<string> notes = [.. clip.Clip.Notes, .. clip.Notes, .. clip.MaskNotes];
        return new PreparedClip(clip.Clip.Name, clip.Clip.Caption, clip.Size, clip.Content, clip.File, ContextFile(clip.Clip), notes);
    }

    private List<LookedAtClip> EncodeClips(List<LookedAtClip> clips, ReferenceScale reference, PreparationRun run, CancellationToken cancellation)
    {
        if (clips.TrueForAll(clip => clip.IsPrepared)) return clips;
        using IClipEncoder encoder = models.OpenClips();
        return run.Each(PreparationStage.Clips, clips, clip => clip.Clip.Name, Encoded);

        LookedAtClip Encoded(LookedAtClip clip)
        {
            if (!clip.IsPrepared) Encode(clip, encoder, reference, cancellation);
            return clip;
        }
    }

    private void Encode(LookedAtClip clip, IClipEncoder encoder, ReferenceScale scale, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        ClipVideo video = new(clip.Size.Frames, clip.Time);
        Tensor target = Latent(video.Read(clip.Target, ClipLook.ClipRole, clip.Crop(), models.Type, cancellation));
        ReferenceLatent? reference = null;
        if (clip.Reference is { } file)
        {
            Tensor frames = scale.Subsample(video.Read(file, ClipLook.ReferenceRole, clip.Crop(scale.Spatial), models.Type, cancellation));
            reference = new ReferenceLatent(Latent(frames), clip.Time.Training / scale.Temporal);
        }
        LatentShape cells = clip.Size.ToLatent(models.Scale);
        Tensor? keep = clip.Keep is null ? null : tensor(clip.Keep, [1, cells.Frames, cells.Height, cells.Width]);
        SampleCache.WriteClip(clip.File, new EncodedSample(target, clip.Time.Training, keep, reference), clip.MaskNotes);

        Tensor Latent(Tensor frames)
        {
            Tensor latent = encoder.Encode(frames);
            frames.Dispose();
            RequireFinite(latent, "video encoder", clip.Clip);
            return latent;
        }
    }

    private void EncodeCaptions(List<LookedAtClip> clips, PreparationRun run)
    {
        IEnumerable<DataSetClip> captions = clips.Select(clip => clip.Clip).DistinctBy(clip => clip.Caption, StringComparer.Ordinal);
        List<DataSetClip> missing = [.. captions.Where(clip => !SampleCache.HasContext(ContextFile(clip)))];
        if (missing.Count == 0) return;
        using ICaptionEncoder encoder = models.OpenCaptions();
        run.Each(PreparationStage.Captions, missing, clip => clip.Name, Encode);

        DataSetClip Encode(DataSetClip clip)
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            Tensor context = encoder.Encode(clip.Caption);
            RequireFinite(context, "text encoder", clip);
            SampleCache.WriteContext(ContextFile(clip), context);
            return clip;
        }
    }

    private string ContextFile(DataSetClip clip) => cache.ContextFile(SampleKey.Context(models, clip.Caption));

    // One that is not finite would spoil every weight that is trained with it, without a word.
    private static void RequireFinite(Tensor numbers, string encoder, DataSetClip clip)
    {
        using var scope = NewDisposeScope();
        if (numbers.isfinite().all().item<bool>()) return;
        string what = $"The {encoder} gave numbers that are not finite for {Quoted.Name(clip.Name)}";
        throw new InferenceException(Fault.Internal, $"{what}; the weights or the numeric type are not fit for it.");
    }
}
