using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// Puts generated frames into the source. Beyond the mask grown by the feather the source's bytes stay exactly; inside the mask the
/// generated ones, moved in tone only, so that they meet the source at the seam; in the ring between, bands of detail go over one after
/// the other, fine ones quickly and coarse ones slowly (a Laplacian pyramid without subsampling). All of it in the numbers that the source
/// has: generated pixels are converted, preserved ones never. A sample of halved chroma counts as masked where any of its four pixels is.
/// </summary>
internal sealed class SeamBlend
{
    // Of 255: numbers that differ by less are the same content in another tone; from twice that on they are other content, and say nothing of
    // tone. A colour's difference from luma, which is what chroma is, comes to half as much.
    private const float ToneDifference = 32, ChromaDifference = ToneDifference / 2;

    // Pixels on either side of the mask's edge between which a step in tone is looked for.
    private const int EdgeWidth = 2;

    private readonly CompositeMode mode;
    private readonly int feather;
    private readonly FrameLayout layout;

    /// <param name="mode">how frames are put together</param>
    /// <param name="feather">pixels around the mask in which both are blended</param>
    /// <param name="layout">of source and result</param>
    public SeamBlend(CompositeMode mode, int feather, FrameLayout layout)
    {
        // Without a ring there is nothing to blend in.
        this.mode = mode == CompositeMode.Blend && feather == 0 ? CompositeMode.Hard : mode;
        (this.feather, this.layout) = (feather, layout);
    }

    /// <summary>Composites some frames.</summary>
    /// <param name="source">[F, bytes of a frame]</param>
    /// <param name="generated">[F, 3, H, W] RGB from -1 to 1</param>
    /// <param name="mask">[F, 1, H, W] 0 or 1: the request's own, not widened</param>
    /// <returns>[F, bytes of a frame]</returns>
    public Tensor Composite(Tensor source, Tensor generated, Tensor mask)
    {
        using var scope = NewDisposeScope();
        // What lies further from every white pixel than anything looks is the source, and is not computed with.
        if (Region(mask) is not { } region) return source.alias().MoveToOuterDisposeScope();
        Tensor result = source.clone();
        Put(layout.Planes(result).Of(region), region.Of(generated), region.Of(mask));
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>From 0 to 255, rounded.</summary>
    public static Tensor ToBytes(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return pixels.round().clamp_(0, 255).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>The same everywhere: what the part that is computed must agree with.</summary>
    internal Tensor CompositeWhole(Tensor source, Tensor generated, Tensor mask)
    {
        Tensor result = source.clone();
        Put(layout.Planes(result), generated, mask);
        return result;
    }

    private FrameRegion? Region(Tensor mask)
    {
        // Fields of cells must begin at one, of luma and of chroma.
        int reach = WorkPortions.FadeFeathers * feather, luma = WorkPortions.ToneCell(feather), chroma = 2 * WorkPortions.ToneCell(feather / 2), grid = luma == chroma ? luma : luma * chroma;
        return mode switch
        {
            CompositeMode.None => new FrameRegion(0, 0, (int)mask.shape[2], (int)mask.shape[3]),
            CompositeMode.Hard => FrameRegion.AroundWhite(mask, 0, 2),
            // A pixel of the ring sees a tone that two means have spread, each over half the reach.
            _ => FrameRegion.AroundWhite(mask, feather + reach + Math.Max(luma, chroma), grid),
        };
    }

    private void Put(FramePlanes into, Tensor generated, Tensor mask)
    {
        using var scope = NewDisposeScope();
        FramePlanes made = Numbers(generated), source = into.ToFloat();
        into.CopyFrom(new FramePlanes(
            Joined(source.Full, made.Full, mask, feather, ToneDifference),
            source.Half is null ? null : Joined(source.Half, made.Half!, ClipTensors.ShrinkMask(mask, 2), feather / 2, ChromaDifference)));
    }

    // From -1 to 1 -> the layout's numbers
    private FramePlanes Numbers(Tensor generated)
    {
        using var scope = NewDisposeScope();
        return layout.FromRgb(generated.to(ScalarType.Float32, copy: true).add_(1).mul_(127.5f)).MoveToOuterDisposeScope();
    }

    // The planes of one size.
    private Tensor Joined(Tensor source, Tensor generated, Tensor mask, int feather, float difference) => mode switch
    {
        CompositeMode.None => generated,
        CompositeMode.Hard => where(mask > 0, generated, source),
        _ => Blend(source, generated, mask, feather, difference),
    };

    private static Tensor Blend(Tensor source, Tensor generated, Tensor mask, int feather, float toneDifference)
    {
        using var scope = NewDisposeScope();
        Tensor distance = Distance(mask, feather), changed = distance <= feather;

        Tensor toned = Toned(source, generated, mask, changed, feather, toneDifference);
        Tensor ring = InBands((toned - source).mul_(changed), distance, feather).add_(source);
        return where(mask > 0, toned, where(changed, ring, source)).MoveToOuterDisposeScope();
    }

    // The tone that the model has given what it was to preserve, taken back: fully in the ring, fading on the way into the mask. And a step in
    // tone at the mask's very edge, where the generated clip has one and the source has none; that inside the mask only.
    private static Tensor Toned(Tensor source, Tensor generated, Tensor mask, Tensor changed, int feather, float toneDifference)
    {
        using var scope = NewDisposeScope();
        (Tensor everywhere, Tensor inside) = Tone(source - generated, mask, changed, feather, toneDifference);
        return (generated + everywhere).add_(inside.mul_(mask)).MoveToOuterDisposeScope();
    }

    // What is to be added to the generated planes. All of it is smooth, and computed in cells.
    private static (Tensor Everywhere, Tensor Inside) Tone(Tensor difference, Tensor mask, Tensor changed, int feather, float toneDifference)
    {
        using var scope = NewDisposeScope();
        // Twice half the reach: what is measured at the edge is known as far inside as it fades.
        int reach = WorkPortions.FadeFeathers * feather, cell = WorkPortions.ToneCell(feather), cells = Math.Max(1, reach / 2 / cell);
        Tensor outside = 1 - mask, ring = outside * changed, same = Same(difference, toneDifference);
        long planes = difference.shape[1];
        Tensor Cells(Tensor image) => nn.functional.avg_pool2d(image, [cell, cell], [cell, cell], ceil_mode: true);

        // Of a zone: the difference where content is the same, how much of it that is, and the zone itself.
        Tensor Measured(Tensor zone)
        {
            using var measuring = NewDisposeScope();
            Tensor weight = zone * same;
            return cat([Cells(difference * weight), Cells(weight), Cells(zone)], 1).MoveToOuterDisposeScope();
        }

        Tensor inEdge = ClipTensors.Dilate(outside, EdgeWidth).mul_(mask), outEdge = ClipTensors.Dilate(mask, EdgeWidth).mul_(ring);
        Tensor spread = BoxMean(BoxMean(cat([Measured(ring), Measured(inEdge), Measured(outEdge)], 1), cells), cells);

        // Mean difference over the pixels of a zone whose content is the same, spread over its neighbourhood; and the share of the zone that these
        // pixels are.
        (Tensor Mean, Tensor Belief) Over(int zone)
        {
            // A quotient of two almost empty means is noise.
            const float Trace = 1e-6f;
            Tensor part = spread.narrow(1, zone * (planes + 2), planes + 2), believed = part.narrow(1, planes, 1);
            return (part.narrow(1, 0, planes) / (believed + Trace), believed / (part.narrow(1, planes + 1, 1) + Trace));
        }

        Tensor fade = Fade(outside, reach);
        ((Tensor tone, Tensor belief), (Tensor inner, Tensor innerBelief), (Tensor outer, Tensor outerBelief)) = (Over(0), Over(1), Over(2));
        return (
            Enlarge(tone * belief * fade, cell, mask).MoveToOuterDisposeScope(),
            Enlarge((inner - outer) * (innerBelief * outerBelief) * fade, cell, mask).MoveToOuterDisposeScope());
    }

    // How far the content is the same, whatever its tone: from 1 to 0. [F, 1, H, W]
    private static Tensor Same(Tensor difference, float toneDifference)
    {
        using var scope = NewDisposeScope();
        return (2 - difference.abs().amax([1], keepdim: true) / toneDifference).clamp_(0, 1).MoveToOuterDisposeScope();
    }

    // Chebyshev distance to the white up to the largest; beyond it one more. [F, 1, H, W]
    private static Tensor Distance(Tensor mask, int largest)
    {
        using var scope = NewDisposeScope();
        // How often a pixel is white while the white grows by a pixel at a time.
        Tensor grown = mask > 0, times = grown.to(ScalarType.Int16);
        for (int i = 0; i < largest; i++)
        {
            Tensor wider = GrownAlong(grown, 3);
            grown.Dispose();
            grown = GrownAlong(wider, 2);
            wider.Dispose();
            times.add_(grown);
        }
        return times.to(ScalarType.Float32).neg_().add_(largest + 1).MoveToOuterDisposeScope();
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

    // In cells: 1 outside and along the whole seam, in corners and beside the frame's edge too, and from there falling evenly to 0 within the reach.
    private static Tensor Fade(Tensor outside, int reach)
    {
        using var scope = NewDisposeScope();
        int cell = WorkPortions.Cell(reach / 2), cells = Math.Max(1, reach / cell);
        Tensor coarse = nn.functional.max_pool2d(outside, [cell, cell], [cell, cell], ceil_mode: true);
        // The seam lies in cells of depth 0. Their neighbours are 1 as well, so that they take nothing from it when the grid is enlarged; and
        // the last cell is 0 before the measured tone ends.
        Tensor depth = (Distance(coarse, cells) - 1).clamp_(min: 0);
        return (1 - depth / Math.Max(1, cells - 2)).clamp_(min: 0).MoveToOuterDisposeScope();
    }

    // From a grid of cells, the last of which may reach beyond the frame, to pixels.
    private static Tensor Enlarge(Tensor coarse, int cell, Tensor like)
    {
        using var scope = NewDisposeScope();
        Tensor fine = nn.functional.interpolate(coarse, [coarse.shape[2] * cell, coarse.shape[3] * cell], mode: InterpolationMode.Bilinear, align_corners: false);
        return fine.narrow(2, 0, like.shape[2]).narrow(3, 0, like.shape[3]).MoveToOuterDisposeScope();
    }

    // Every band is what one blur takes away from the one before it; the coarser the band, the wider its way through the ring.
    private static Tensor InBands(Tensor image, Tensor distance, int feather)
    {
        using var scope = NewDisposeScope();
        int coarsest = 0;
        while (2 << coarsest <= feather / 2) coarsest++;
        // 1 at the mask's edge, 0 where the ring ends
        Tensor position = (distance / (feather + 1)).neg_().add_(1);
        Tensor sum = zeros_like(image), rest = image.alias();
        for (int band = 0; band < coarsest; band++)
        {
            using var inner = NewDisposeScope();
            Tensor blurred = BoxMean(rest, 1 << band);
            sum.add_((rest - blurred).mul_(Weight(band)));
            rest.Dispose();
            rest = blurred.MoveToOuterDisposeScope();
        }
        return sum.add_(rest * position).MoveToOuterDisposeScope();

        Tensor Weight(int band) => ((position - 0.5).mul_(1 << (coarsest - band))).add_(0.5).clamp_(0, 1);
    }

    // Mean over a square that reaches so many pixels to each side; what lies beyond the frame does not count.
    private static Tensor BoxMean(Tensor image, int reach)
    {
        using var scope = NewDisposeScope();
        return MeanAlong(MeanAlong(image, 3, reach), 2, reach).MoveToOuterDisposeScope();
    }

    // By sums of shifted planes. Pooling, which would do, takes ten times as long on a CPU.
    private static Tensor MeanAlong(Tensor image, int dimension, int reach)
    {
        using var scope = NewDisposeScope();
        long size = image.shape[dimension];
        Tensor sum = image.clone();
        for (long shift = 1; shift <= Math.Min(reach, size - 1); shift++)
        {
            sum.narrow(dimension, 0, size - shift).add_(image.narrow(dimension, shift, size - shift));
            sum.narrow(dimension, shift, size - shift).add_(image.narrow(dimension, 0, size - shift));
        }
        Tensor place = arange(size, ScalarType.Float32, image.device), count = place.clamp(max: reach) + (size - 1 - place).clamp_(max: reach) + 1;
        return sum.div_(dimension == 3 ? count : count.unsqueeze(1)).MoveToOuterDisposeScope();
    }
}
