using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// What the model is given of the source; what the recipe does not ask for is null. docs/inpaint-pipeline.md, section 2.
/// </summary>
/// <param name="Guide1">[1, 3, F, h, w] from -1 to 1: the half-size clip with the widened mask painted over, which the pixels' way to the second stage blends with</param>
/// <param name="Mask1">[F, 1, h, w] that widened mask</param>
/// <param name="Mask2">[F, 1, 2h, 2w] at full size, which the publisher's composite goes by</param>
/// <param name="Stage1">of the half-size clip</param>
/// <param name="Stage2">of the clip</param>
internal sealed record EncodedClip(Tensor? Guide1, Tensor? Mask1, Tensor? Mask2, StageConditions Stage1, StageConditions Stage2)
{
    /// <param name="frames">[F, 3, H, W] bytes, at the working size, on the grid; disposed once they are what the VAE takes</param>
    /// <param name="reference">of another clip, of the same size, that is shown in place of the guide; null for the guide</param>
    /// <param name="masks">widened, on the grid</param>
    public static EncodedClip Encode(Tensor frames, Tensor? reference, StageMasks masks, InpaintModels models, LoraSet loras, Recipe recipe)
    {
        using var scope = NewDisposeScope();
        bool Looks(RecipeStage stage) => stage.LatentMask is not null || recipe.Guides(stage);
        bool byPixels = recipe.Handover.Kind == HandoverKind.Pixels;
        // Both sizes at once, so that the bytes need not stay while either is encoded.
        Tensor half = ClipTensors.ToHalfVideo(frames, models.Type, recipe.Size.Half);
        Tensor? full = Looks(recipe.Stage2) ? ClipTensors.ToVideo(frames, models.Type) : null;
        frames.Dispose();
        Tensor? otherHalf = reference is null ? null : ClipTensors.ToHalfVideo(reference, models.Type, recipe.Size.Half);
        Tensor? otherFull = reference is null || !recipe.Guides(recipe.Stage2) ? null : ClipTensors.ToVideo(reference, models.Type);
        reference?.Dispose();
        (Tensor? Clean, Tensor? Keep) Kept(RecipeStage stage, Tensor clip, Tensor mask) => stage.LatentMask is not { } kept ? (null, null)
            : (models.EncodeVideo(clip), ClipTensors.KeepCells(mask, models.VideoScale, kept.Grow));

        Tensor? Reference(RecipeStage stage, Tensor clip, Tensor? other, Tensor mask)
        {
            if (!recipe.Guides(stage)) return null;
            using var inner = NewDisposeScope();
            (int size, int rate) = (loras.ReferenceDownscale, loras.ReferenceTemporalScale);
            Tensor Shown(Tensor video) => ClipTensors.Subsample(size == 1 ? video : ClipTensors.ShrinkVideo(video, size), 2, rate);
            if (other is not null) return models.EncodeVideo(Shown(other)).MoveToOuterDisposeScope();
            Tensor smallMask = size == 1 ? mask : ClipTensors.ShrinkMask(mask, size);
            return models.EncodeVideo(ClipTensors.Guide(Shown(clip), ClipTensors.Subsample(smallMask, 0, rate))).MoveToOuterDisposeScope();
        }

        StageConditions Conditions(RecipeStage stage, Tensor video, Tensor? other, Tensor mask)
        {
            using var inner = NewDisposeScope();
            (Tensor? clean, Tensor? keep) = Kept(stage, video, mask);
            Tensor? shown = Reference(stage, video, other, mask);
            foreach (Tensor? made in new[] { clean, keep, shown }) made?.MoveToOuterDisposeScope();
            return new StageConditions(clean, keep, shown);
        }

        StageConditions first = Conditions(recipe.Stage1, half, otherHalf, masks.Half);
        Tensor? guide = byPixels ? ClipTensors.Guide(half, masks.Half) : null;
        half.Dispose();
        StageConditions second = full is null ? StageConditions.None : Conditions(recipe.Stage2, full, otherFull, masks.Full);
        Tensor? widened = recipe.Composite.Kind == CompositeMode.Pyramid ? masks.Full : null;
        return new EncodedClip(guide, byPixels ? masks.Half : null, widened, first, second).MoveToOuterDisposeScope();
    }

    /// <summary>Hands all of it to the scope around the current one.</summary>
    public EncodedClip MoveToOuterDisposeScope()
    {
        foreach (Tensor? tensor in new[] { Guide1, Mask1, Mask2, Stage1.Clean, Stage1.Keep, Stage1.Reference, Stage2.Clean, Stage2.Keep, Stage2.Reference }) tensor?.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>What one stage is given of the source.</summary>
/// <param name="Clean">[1, C, f, h, w] the clip's latent</param>
/// <param name="Keep">[1, f, h, w] 1 for cells that are preserved</param>
/// <param name="Reference">[1, C, f, h, w] the guide's latent; smaller where a LoRA wants it</param>
internal sealed record StageConditions(Tensor? Clean, Tensor? Keep, Tensor? Reference)
{
    public static StageConditions None { get; } = new(null, null, null);
}
