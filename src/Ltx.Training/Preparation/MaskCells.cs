using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Training.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// Which cells of a clip's latent are given, by its mask. White is what is to be made anew: this is the one place where that is turned round, to what
/// a step takes. Source of the rule: process_videos.py, compute_video_masks (400fd31), without what is wrong with it (README.md).
/// </summary>
internal static class MaskCells
{
    // Of a cell's pixels, by their mean.
    private const double Half = 0.5;

    /// <param name="mask">the file's frames; a still mask and the last frame of one that is too short are held, what is too long is cut</param>
    /// <param name="height">of these</param>
    /// <param name="width">of these</param>
    /// <param name="crop">the clip's</param>
    /// <param name="frames">of the clip, Time * k + 1</param>
    /// <returns>[1, F', H', W'] bool, true where the clip is given</returns>
    public static Tensor Keep(IReadOnlyList<byte[]> mask, int height, int width, CoverCrop crop, int frames, VideoScale scale)
    {
        using var scope = NewDisposeScope();
        List<Tensor> cells = [];
        foreach (byte[] frame in mask.Take(frames))
        {
            using var inner = NewDisposeScope();
            Tensor picture = tensor(frame, [1, 1, height, width], ScalarType.Byte).to(ScalarType.Float32) / 255;
            cells.Add(WhiteCells(crop.ApplyToMask(picture), scale).MoveToOuterDisposeScope());
        }
        for (int held = cells.Count; held < frames; held++) cells.Add(cells[^1]);
        return Groups(cat(cells), scale).logical_not().unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Insists that a mask leaves something to learn and something to learn it from.</summary>
    /// <param name="keep">[1, F', H', W'] bool</param>
    /// <exception cref="DataSetException">It does not.</exception>
    public static void Check(Tensor keep, VideoScale scale)
    {
        bool[] kept = keep.ToArray<bool>();
        string White(string which) => $"{which} square of {scale.Width}x{scale.Height} pixels is white by more than half";
        if (!kept.Contains(false)) throw new DataSetException($"The mask is empty: {White("no")}, so there is nothing to learn.");
        if (!kept.Contains(true)) throw new DataSetException($"The mask is full: {White("every")}, so nothing of the clip is given.");
    }

    /// <summary>Frame by frame.</summary>
    /// <param name="mask">[F, 1, H, W] from 0 to 1</param>
    /// <returns>[F, H', W'] bool, true where a cell is white by more than half</returns>
    internal static Tensor WhiteCells(Tensor mask, VideoScale scale) =>
        nn.functional.avg_pool2d(mask, [scale.Height, scale.Width], [scale.Height, scale.Width]).squeeze(1) > Half;

    /// <summary>The first frame alone, then as many as a latent frame stands for; one white frame makes its group white.</summary>
    /// <param name="cells">[F, H', W'] bool</param>
    /// <returns>[F', H', W'] bool</returns>
    internal static Tensor Groups(Tensor cells, VideoScale scale)
    {
        using var scope = NewDisposeScope();
        long rest = cells.shape[0] - 1;
        // [F-1, H', W'] -> [k, Time, H', W'] -> [k, H', W']
        Tensor groups = cells.narrow(0, 1, rest).view(rest / scale.Time, scale.Time, cells.shape[1], cells.shape[2]).any(1);
        return cat([cells.narrow(0, 0, 1), groups]).MoveToOuterDisposeScope();
    }
}
