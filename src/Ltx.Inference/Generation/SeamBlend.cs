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
            _ => Blend(source, generated, mask),
        };
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>From 0 to 255, rounded.</summary>
    public static Tensor ToBytes(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return pixels.round().clamp_(0, 255).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    private Tensor Blend(Tensor source, Tensor generated, Tensor mask)
    {
        Tensor original = source.to(ScalarType.Float32), distance = Distance(mask), outside = 1 - mask;
        Tensor ring = (distance <= feather).to(ScalarType.Float32) * outside;
        Tensor difference = original - generated;

        // 1. The tone that the model has given what it was to preserve, taken back: fully in the ring, fading on the way into the mask.
        // Twice half the reach: what is measured at the edge is known as far inside as it fades.
        int reach = FadeFeathers * feather;
        Tensor fade = (BoxMean(outside, reach) * 2).clamp_(max: 1) * mask;
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

    // Chebyshev distance to the mask up to the feather; beyond it one more. [F, 1, H, W]
    private Tensor Distance(Tensor mask)
    {
        using var scope = NewDisposeScope();
        Tensor distance = full_like(mask, feather + 1), grown = mask;
        distance.sub_(grown);
        for (int i = 0; i < feather; i++)
        {
            grown = ClipTensors.Dilate(grown, 1);
            distance.sub_(grown);
        }
        return distance.MoveToOuterDisposeScope();
    }

    // Mean difference over the pixels of a zone whose content is the same, spread over its neighbourhood, and the share of the zone that
    // these pixels are. So smooth a field is computed on a coarse grid.
    private static (Tensor Mean, Tensor Belief) Tone(Tensor difference, Tensor zone, int reach)
    {
        using var scope = NewDisposeScope();
        // A quotient of two almost empty means is noise.
        const float Trace = 1e-6f;
        // The grid is fine enough for its cells to be a sixth of the neighbourhood.
        const int CellsInReach = 6;
        int cell = Math.Max(1, reach / CellsInReach), cells = Math.Max(1, reach / cell);
        Tensor Spread(Tensor image) => BoxMean(BoxMean(nn.functional.avg_pool2d(image, [cell, cell], [cell, cell], ceil_mode: true), cells), cells);
        Tensor Enlarge(Tensor field) => nn.functional.interpolate(field, [difference.shape[2], difference.shape[3]], mode: InterpolationMode.Bilinear, align_corners: false);

        Tensor largest = difference.abs().amax([1], keepdim: true);
        Tensor weight = zone * (2 - largest / ToneDifference).clamp_(0, 1);
        Tensor believed = Spread(weight);
        return (
            Enlarge(Spread(difference * weight) / (believed + Trace)).MoveToOuterDisposeScope(),
            Enlarge(believed / (Spread(zone) + Trace)).MoveToOuterDisposeScope());
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
