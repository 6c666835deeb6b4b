using Ltx.Inference.Latents;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// A request's frames and mask as tensors, filled up to the grid of the latents to the right, to the bottom and in time.
/// docs/inpaint-pipeline.md, sections 1 and 2.
/// </summary>
internal static class ClipTensors
{
    // #66FF00: what a guide shows where something is to be made. Source: ComfyUI-LTXVideo, and the adapter that was trained with it.
    internal static readonly byte[] GuideColour = [102, 255, 0];

    /// <summary>All frames as numbers from 0 to 255.</summary>
    /// <param name="channels">3 for frames, 1 for masks</param>
    /// <returns>[F, channels, H, W] bytes on the device, not padded</returns>
    public static Tensor Bytes(IReadOnlyList<byte[]> frames, int height, int width, int channels, Device device)
    {
        Tensor clip = empty([frames.Count, channels, height, width], ScalarType.Byte, device);
        foreach ((int i, byte[] frame) in frames.Index())
        {
            using var scope = NewDisposeScope();
            // [H, W, C] -> [C, H, W]
            clip[i].copy_(tensor(frame, [height, width, channels], ScalarType.Byte).to(device).permute(2, 0, 1));
        }
        return clip;
    }

    /// <summary>Fills up to the right and to the bottom, and repeats the last frame.</summary>
    /// <param name="clip">[F, C, H, W]</param>
    /// <param name="reflect">whether with what lies before the edge, mirrored; otherwise the last row and column are repeated</param>
    public static Tensor Pad(Tensor clip, PixelShape to, bool reflect)
    {
        using var scope = NewDisposeScope();
        return Filled(Filled(Filled(clip, 0, to.Frames, reflect: false), 2, to.Height, reflect), 3, to.Width, reflect).MoveToOuterDisposeScope();
    }

    /// <summary>Bytes [F, 3, H, W] to what the VAE takes: [1, 3, F, H, W] from -1 to 1.</summary>
    public static Tensor ToVideo(Tensor bytes, ScalarType type)
    {
        Tensor video = empty([1, bytes.shape[1], bytes.shape[0], bytes.shape[2], bytes.shape[3]], type, bytes.device);
        foreach ((long start, long count) in Chunks(bytes))
        {
            using var scope = NewDisposeScope();
            // [n, 3, H, W] -> [1, 3, n, H, W]
            Tensor numbers = bytes.narrow(0, start, count).to(ScalarType.Float32) / 127.5f - 1;
            video.narrow(2, start, count).copy_(numbers.transpose(0, 1).unsqueeze(0));
        }
        return video;
    }

    /// <summary>Where the request's mask is white.</summary>
    /// <param name="mask">[F, 1, H, W] bytes</param>
    /// <returns>[F, 1, H, W] bool</returns>
    public static Tensor White(Tensor mask) => mask >= InpaintRequest.LeastWhite;

    /// <summary>Widens the white by a square of so many pixels to each side.</summary>
    /// <param name="mask">[F, 1, H, W] 0 or 1</param>
    public static Tensor Dilate(Tensor mask, int pixels)
    {
        if (pixels == 0) return mask.alias();
        long size = 2L * pixels + 1;
        Tensor widened = empty_like(mask);
        foreach ((long start, long count) in Chunks(mask))
        {
            using var scope = NewDisposeScope();
            // A square is a row of columns.
            Tensor padded = nn.functional.pad(mask.narrow(0, start, count), [pixels, pixels, pixels, pixels]);
            widened.narrow(0, start, count).copy_(SlidingMaximum(SlidingMaximum(padded, 3, size), 2, size));
        }
        return widened;
    }

    /// <summary>Mean of squares of pixels.</summary>
    /// <param name="video">[1, 3, F, H, W]</param>
    public static Tensor ShrinkVideo(Tensor video, int factor)
    {
        // In two dimensions: in three, libtorch has no bfloat16 on the CPU.
        using var scope = NewDisposeScope();
        return nn.functional.avg_pool2d(video.squeeze(0), [factor, factor], [factor, factor]).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>The same at half the size.</summary>
    /// <param name="bytes">[F, 3, H, W]</param>
    /// <param name="how">what becomes of the pixels between</param>
    /// <returns>[1, 3, F, H/2, W/2]</returns>
    public static Tensor ToHalfVideo(Tensor bytes, ScalarType type, Halving how)
    {
        (long height, long width) = (bytes.shape[2] / 2, bytes.shape[3] / 2);
        Tensor video = empty([1, bytes.shape[1], bytes.shape[0], height, width], type, bytes.device);
        foreach ((long start, long count) in Chunks(bytes))
        {
            using var scope = NewDisposeScope();
            Tensor numbers = bytes.narrow(0, start, count).to(ScalarType.Float32) / 127.5f - 1;
            Tensor half = how == Halving.Mean ? nn.functional.avg_pool2d(numbers, [2, 2], [2, 2]) : LanczosResize.Resize(numbers, height, width).clamp_(-1, 1);
            video.narrow(2, start, count).copy_(half.transpose(0, 1).unsqueeze(0));
        }
        return video;
    }

    /// <summary>White where any pixel of a square is.</summary>
    /// <param name="mask">[F, 1, H, W]</param>
    public static Tensor ShrinkMask(Tensor mask, int factor) => nn.functional.max_pool2d(mask, [factor, factor], [factor, factor]);

    /// <summary>1 for latent cells to keep, 0 for those to regenerate: those with a white pixel, and their neighbours as far as the region is grown.</summary>
    /// <param name="mask">[F, 1, H, W] at the stage's size, F = Time * k + 1</param>
    /// <param name="grow">cells, in space and time</param>
    /// <returns>[1, f, h, w] float32</returns>
    public static Tensor KeepCells(Tensor mask, VideoScale scale, int grow)
    {
        using var scope = NewDisposeScope();
        Tensor cells = nn.functional.max_pool2d(mask, [scale.Height, scale.Width], [scale.Height, scale.Width]);
        long frames = cells.shape[0], height = cells.shape[2], width = cells.shape[3];
        Tensor first = cells.narrow(0, 0, 1);
        // The first frame alone, then groups: [F-1, 1, h, w] -> [k, Time, 1, h, w] -> [k, 1, h, w]
        Tensor groups = cells.narrow(0, 1, frames - 1).view(-1, scale.Time, 1, height, width).amax(1);
        // [f, 1, h, w] -> [1, f, h, w]
        Tensor generate = cat([first, groups], 0).squeeze(1).unsqueeze(0);
        if (grow > 0) generate = nn.functional.max_pool3d(generate.unsqueeze(0), [2 * grow + 1, 2 * grow + 1, 2 * grow + 1], [1, 1, 1], [grow, grow, grow]).squeeze(0);
        return (1 - generate).MoveToOuterDisposeScope();
    }

    /// <summary>The clip with the masked region painted in the guide's colour.</summary>
    /// <param name="video">[1, 3, F, H, W] from -1 to 1</param>
    /// <param name="mask">[F, 1, H, W] 0 or 1</param>
    public static Tensor Guide(Tensor video, Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor colour = (tensor(GuideColour, ScalarType.Float32, video.device) / 127.5f - 1).to(video.dtype).view(1, 3, 1, 1, 1);
        // [F, 1, H, W] -> [1, 1, F, H, W]
        Tensor masked = mask.transpose(0, 1).unsqueeze(0) > 0;
        return where(masked, colour, video).MoveToOuterDisposeScope();
    }

    /// <summary>The first frame, then every so-many-th. Source: ltx_pipelines/iclora_utils.py (400fd31).</summary>
    /// <param name="dimension">the one that counts frames</param>
    public static Tensor Subsample(Tensor clip, int dimension, int factor)
    {
        if (factor == 1) return clip.alias();
        long[] kept = [0, .. Enumerable.Range(0, (int)(clip.shape[dimension] - 1)).Where(i => i % factor == 0).Select(i => i + 1L)];
        using Tensor index = tensor(kept, device: clip.device);
        return clip.index_select(dimension, index);
    }

    /// <summary>
    /// Cuts a clip into runs of frames, at least one each, so that what is computed of them beside the clip stays small: the clip itself has
    /// gigabytes at full size, and several tensors of that size at once would be the largest thing that a run holds.
    /// </summary>
    /// <param name="clip">[F, C, H, W]</param>
    public static IEnumerable<(long Start, long Count)> Chunks(Tensor clip)
    {
        long frames = clip.shape[0], step = WorkPortions.FramesAtOnce(clip.shape[2], clip.shape[3]);
        for (long start = 0; start < frames; start += step) yield return (start, Math.Min(step, frames - start));
    }

    // The largest of every so many neighbours along a dimension, which is so many less one shorter. Windows of twice the size are the maximum
    // of two: a handful of passes over memory, where pooling looks at every neighbour of every pixel by itself.
    private static Tensor SlidingMaximum(Tensor x, int dimension, long size)
    {
        using var scope = NewDisposeScope();
        x = x.alias();
        for (long window = 1; window < size;)
        {
            // The last two overlap where the size is no power of two.
            long shift = Math.Min(window, size - window), rest = x.shape[dimension] - shift;
            using var inner = NewDisposeScope();
            Tensor wider = maximum(x.narrow(dimension, 0, rest), x.narrow(dimension, shift, rest)).MoveToOuterDisposeScope();
            x.Dispose();
            x = wider;
            window += shift;
        }
        return x.MoveToOuterDisposeScope();
    }

    private static Tensor Filled(Tensor clip, int dimension, int to, bool reflect)
    {
        int have = (int)clip.shape[dimension];
        if (have == to) return clip.alias();
        // To and fro between the edges, which are not doubled; one row has nothing beside it.
        int period = Math.Max(1, 2 * (have - 1));
        long[] from = [.. Enumerable.Range(0, to).Select(i => (long)(!reflect ? Math.Min(i, have - 1) : have - 1 - Math.Abs(have - 1 - i % period)))];
        using Tensor index = tensor(from, device: clip.device);
        return clip.index_select(dimension, index);
    }
}
