using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// Puts generated frames into the source. Beyond the mask grown by the feather the source's pixels stay exactly; inside the mask the
/// generated ones, moved in tone only, so that they meet the source at the seam; in the ring between, bands of detail go over one after
/// the other, fine ones quickly and coarse ones slowly (a Laplacian pyramid without subsampling).
/// </summary>
internal sealed class SeamBlend
{
    // Inside the mask the tone's correction fades over this many times the feather.
    private const int FadeFeathers = 4;

    // Fields that are smooth over a neighbourhood are computed on a grid whose cells are a sixth of it.
    private const int CellsInReach = 6;

    // Of 255: pixels that differ by less are the same content in another tone; from twice that on they are other content, and say nothing of tone.
    private const float ToneDifference = 32;

    // Pixels on either side of the mask's edge between which a step in tone is looked for.
    private const int EdgeWidth = 2;

    private readonly CompositeMode mode;
    private readonly int feather;

    public SeamBlend(CompositeMode mode, int feather)
    {
        // Without a ring there is nothing to blend in.
        this.mode = mode == CompositeMode.Blend && feather == 0 ? CompositeMode.Hard : mode;
        this.feather = feather;
    }

    /// <summary>Composites some frames.</summary>
    /// <param name="source">[F, 3, H, W] bytes</param>
    /// <param name="generated">[F, 3, H, W] float32 from 0 to 255</param>
    /// <param name="mask">[F, 1, H, W] 0 or 1: the request's own, not widened</param>
    /// <returns>[F, 3, H, W] bytes</returns>
    public Tensor Composite(Tensor source, Tensor generated, Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor result = mode switch
        {
            CompositeMode.None => ToBytes(generated),
            CompositeMode.Hard => where(mask > 0, ToBytes(generated), source),
            _ => BlendWhereWhite(source, generated, mask),
        };
        return result.MoveToOuterDisposeScope();
    }

    // What lies further from every white pixel than anything looks is the source, and is not computed with.
    private Tensor BlendWhereWhite(Tensor source, Tensor generated, Tensor mask)
    {
        int reach = FadeFeathers * feather, cell = CellOf(reach / 2);
        // A pixel of the ring sees a tone that two means have spread, each over half the reach; fields of cells must begin at one.
        if (FrameRegion.AroundWhite(mask, feather + reach + cell, cell) is not { } region) return source.alias();
        Tensor result = source.clone();
        region.Of(result).copy_(Blend(region.Of(source), region.Of(generated), region.Of(mask)));
        return result;
    }

    /// <summary>From 0 to 255, rounded.</summary>
    public static Tensor ToBytes(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return pixels.round().clamp_(0, 255).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>The whole frame at once.</summary>
    internal Tensor Blend(Tensor source, Tensor generated, Tensor mask)
    {
        Tensor original = source.to(ScalarType.Float32), distance = Distance(mask, feather), outside = 1 - mask;
        Tensor ring = (distance <= feather).to(ScalarType.Float32) * outside;
        Tensor difference = original - generated;

        // 1. The tone that the model has given what it was to preserve, taken back: fully in the ring, fading on the way into the mask.
        // Twice half the reach: what is measured at the edge is known as far inside as it fades.
        int reach = FadeFeathers * feather;
        Tensor fade = Fade(outside, reach) * mask;
        (Tensor tone, Tensor toneBelief) = Tone(difference, ring, reach / 2);
        // And a step in tone at the mask's very edge, where the generated clip has one and the source has none.
        (Tensor inner, Tensor innerBelief) = Tone(difference, ClipTensors.Dilate(outside, EdgeWidth) * mask, reach / 2);
        (Tensor outer, Tensor outerBelief) = Tone(difference, ClipTensors.Dilate(mask, EdgeWidth) * ring, reach / 2);
        Tensor step = (inner - outer) * (innerBelief * outerBelief);
        Tensor toned = generated + tone * toneBelief * (fade + ring) + step * fade;

        // 2. The ring, band by band.
        Tensor blended = original + InBands((toned - original) * (mask + ring), distance);
        return where((mask + ring) > 0, ToBytes(where(mask > 0, toned, blended)), source);
    }

    // Chebyshev distance to the white up to the largest; beyond it one more. [F, 1, H, W]
    private static Tensor Distance(Tensor mask, int largest)
    {
        using var scope = NewDisposeScope();
        // How often a pixel is white while the white grows by a pixel at a time.
        Tensor grown = mask > 0, times = grown.to(ScalarType.Float32);
        for (int i = 0; i < largest; i++)
        {
            Tensor wider = GrownAlong(grown, 3);
            grown.Dispose();
            grown = GrownAlong(wider, 2);
            wider.Dispose();
            times.add_(grown);
        }
        return times.neg_().add_(largest + 1).MoveToOuterDisposeScope();
    }

    // By one pixel to both sides. Pooling, which would do, looks at every neighbour by itself and takes ten times as long on a CPU.
    private static Tensor GrownAlong(Tensor white, int dimension)
    {
        long rest = white.shape[dimension] - 1;
        Tensor grown = white.clone();
        using Tensor front = grown.narrow(dimension, 0, rest), back = grown.narrow(dimension, 1, rest), before = white.narrow(dimension, 0, rest), behind = white.narrow(dimension, 1, rest);
        front.logical_or_(behind).Dispose();
        back.logical_or_(before).Dispose();
        return grown;
    }

    // 1 along the whole seam, in corners and beside the frame's edge too, and from there falling evenly to 0 within the reach.
    private static Tensor Fade(Tensor outside, int reach)
    {
        using var scope = NewDisposeScope();
        int cell = CellOf(reach / 2), cells = Math.Max(1, reach / cell);
        Tensor coarse = nn.functional.max_pool2d(outside, [cell, cell], [cell, cell], ceil_mode: true);
        // The seam lies in cells of depth 0. Their neighbours are 1 as well, so that they take nothing from it when the grid is enlarged; and
        // the last cell is 0 before the measured tone ends.
        Tensor depth = (Distance(coarse, cells) - 1).clamp_(min: 0);
        return Enlarge((1 - depth / Math.Max(1, cells - 2)).clamp_(min: 0), cell, outside).MoveToOuterDisposeScope();
    }

    // Side of the cells of a field that is smooth over so many pixels.
    private static int CellOf(int reach) => Math.Max(1, reach / CellsInReach);

    // From a grid of cells, the last of which may reach beyond the frame, to pixels.
    private static Tensor Enlarge(Tensor coarse, int cell, Tensor like)
    {
        using var scope = NewDisposeScope();
        Tensor fine = nn.functional.interpolate(coarse, [coarse.shape[2] * cell, coarse.shape[3] * cell], mode: InterpolationMode.Bilinear, align_corners: false);
        return fine.narrow(2, 0, like.shape[2]).narrow(3, 0, like.shape[3]).MoveToOuterDisposeScope();
    }

    // Mean difference over the pixels of a zone whose content is the same, spread over its neighbourhood, and the share of the zone that
    // these pixels are. So smooth a field is computed on a coarse grid.
    private static (Tensor Mean, Tensor Belief) Tone(Tensor difference, Tensor zone, int reach)
    {
        using var scope = NewDisposeScope();
        // A quotient of two almost empty means is noise.
        const float Trace = 1e-6f;
        int cell = CellOf(reach), cells = Math.Max(1, reach / cell);
        Tensor Spread(Tensor image) => BoxMean(BoxMean(nn.functional.avg_pool2d(image, [cell, cell], [cell, cell], ceil_mode: true), cells), cells);

        Tensor largest = difference.abs().amax([1], keepdim: true);
        Tensor weight = zone * (2 - largest / ToneDifference).clamp_(0, 1);
        Tensor believed = Spread(weight);
        return (
            Enlarge(Spread(difference * weight) / (believed + Trace), cell, difference).MoveToOuterDisposeScope(),
            Enlarge(believed / (Spread(zone) + Trace), cell, difference).MoveToOuterDisposeScope());
    }

    // Every band is what one blur takes away from the one before it; the coarser the band, the wider its way through the ring.
    private Tensor InBands(Tensor image, Tensor distance)
    {
        using var scope = NewDisposeScope();
        int coarsest = 0;
        while (2 << coarsest <= feather / 2) coarsest++;
        // 1 at the mask's edge, 0 where the ring ends
        Tensor position = 1 - distance / (feather + 1);
        Tensor sum = zeros_like(image), rest = image;
        for (int band = 0; band <= coarsest; band++)
        {
            Tensor blurred = band == coarsest ? zeros_like(image) : BoxMean(rest, 1 << band);
            double width = 1.0 / (1 << (coarsest - band));
            Tensor weight = ((position - 0.5) / width + 0.5).clamp_(0, 1);
            sum.add_((rest - blurred) * weight);
            rest = blurred;
        }
        return sum.MoveToOuterDisposeScope();
    }

    // Mean over a square that reaches so many pixels to each side; what lies beyond the frame does not count.
    private static Tensor BoxMean(Tensor image, int reach)
    {
        using var scope = NewDisposeScope();
        long size = 2L * reach + 1;
        Tensor rows = nn.functional.avg_pool2d(image, [1, size], [1, 1], [0, reach], count_include_pad: false);
        return nn.functional.avg_pool2d(rows, [size, 1], [1, 1], [reach, 0], count_include_pad: false).MoveToOuterDisposeScope();
    }
}
