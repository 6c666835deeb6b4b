using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>What the model is given of the source. docs/inpaint-pipeline.md, section 2.</summary>
/// <param name="Clean1">[1, C, f, h, w] the half-size clip</param>
/// <param name="Clean2">[1, C, f, 2h, 2w] the clip</param>
/// <param name="Reference1">[1, C, f, h, w] the half-size clip with the mask painted over; smaller where a LoRA wants it</param>
/// <param name="Reference2">the same at full size, where the second stage sees it</param>
/// <param name="Keep1">[1, f, h, w] 1 for cells of the half-size clip that are preserved</param>
/// <param name="Keep2">[1, f, 2h, 2w] the same for the clip</param>
internal sealed record EncodedClip(Tensor Clean1, Tensor Clean2, Tensor Reference1, Tensor? Reference2, Tensor Keep1, Tensor Keep2)
{
    // Both stages: the clip, and half of it.
    private const int StageFactor = 2;

    /// <param name="frames">[F, 3, H, W] bytes, padded</param>
    /// <param name="mask">[F, 1, H, W] 0 or 1, padded and widened</param>
    public static EncodedClip Encode(Tensor frames, Tensor mask, InpaintModels models, LoraSet loras, InpaintOptions options)
    {
        using var scope = NewDisposeScope();
        Tensor video = ClipTensors.ToVideo(frames, models.Type), half = ClipTensors.ShrinkVideo(video, StageFactor), halfMask = ClipTensors.ShrinkMask(mask, StageFactor);
        Tensor Guide(Tensor clip, Tensor clipMask)
        {
            (int size, int rate) = (loras.ReferenceDownscale, loras.ReferenceTemporalScale);
            Tensor small = size == 1 ? clip : ClipTensors.ShrinkVideo(clip, size), smallMask = size == 1 ? clipMask : ClipTensors.ShrinkMask(clipMask, size);
            return models.EncodeVideo(ClipTensors.Guide(ClipTensors.Subsample(small, 2, rate), ClipTensors.Subsample(smallMask, 0, rate)));
        }

        return new EncodedClip(
            models.EncodeVideo(half).MoveToOuterDisposeScope(),
            models.EncodeVideo(video).MoveToOuterDisposeScope(),
            Guide(half, halfMask).MoveToOuterDisposeScope(),
            options.ReferenceInStage2 ? Guide(video, mask).MoveToOuterDisposeScope() : null,
            ClipTensors.KeepCells(halfMask, models.VideoScale).MoveToOuterDisposeScope(),
            ClipTensors.KeepCells(mask, models.VideoScale).MoveToOuterDisposeScope());
    }

    /// <summary>Hands all of it to the scope around the current one.</summary>
    public EncodedClip MoveToOuterDisposeScope()
    {
        foreach (Tensor? tensor in new[] { Clean1, Clean2, Reference1, Reference2, Keep1, Keep2 }) tensor?.MoveToOuterDisposeScope();
        return this;
    }
}
