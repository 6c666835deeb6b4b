using System.Globalization;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Generation;

/// <summary>
/// The part of a clip that is worked on alone, as though it were the clip: cut out of frames and mask, byte for byte, before anything else
/// looks at them, and put back into whole frames when they leave. docs/inpaint-pipeline.md, section 1.
/// </summary>
internal sealed class CropWindow
{
    // A cell of the first stage's latent in pixels of the second: what is smaller is mostly padding. The endpoint takes no smaller clip, either.
    private const int LeastSide = 64;

    private readonly InpaintRequest whole;
    private readonly FrameRegion region;

    private CropWindow(InpaintRequest whole, FrameRegion region) => (this.whole, this.region) = (whole, region);

    /// <summary>For a person.</summary>
    public string Sentence => string.Create(
        CultureInfo.InvariantCulture,
        $"Of the {whole.Width}x{whole.Height} frame the window of {region.Width}x{region.Height} at {region.Left},{region.Top} is worked on alone.");

    /// <summary>The window that a request's recipe wants; null where the whole frame is worked on.</summary>
    /// <param name="limits">how large a clip may be worked on</param>
    public static CropWindow? Of(InpaintRequest request, Recipe recipe, SizeLimits limits)
    {
        // What is generated around the mask is shown by the others: cut off it would end in a straight line.
        if (recipe.Crop.Kind == CropKind.None || recipe.Composite.Kind is not (CompositeMode.Blend or CompositeMode.Hard)) return null;
        if (Box(request) is not { } box) return null;
        // The seam's ring lies in the window, however wide it is.
        double margin = Math.Max(recipe.Crop.Context * Math.Max(box.Height, box.Width), recipe.Composite.Feather.On(request.Height, request.Width));
        double least = Math.Max(LeastSide, WorkingSize.WantedShortSide(recipe.Size, limits) / recipe.Crop.Enlarge);
        (int top, int bottom) = Span(box.Top, box.Height, margin, least, request.Height);
        (int left, int right) = Span(box.Left, box.Width, margin, least, request.Width);
        FrameRegion region = new(top, left, bottom - top, right - left);
        return (double)region.Height * region.Width < recipe.Crop.Below * request.Height * request.Width ? new CropWindow(request, region) : null;
    }

    /// <summary>The request for the window alone.</summary>
    public InpaintRequest Cut() => whole with
    {
        Frames = [.. whole.Frames.Select(CutFrame)],
        Reference = whole.Reference is { } reference ? [.. reference.Select(CutFrame)] : null,
        Mask = [.. whole.Mask.Take(whole.Frames.Count).Select(frame => Cut(frame, [Luma]))],
        Width = region.Width,
        Height = region.Height,
        Uncropped = whole,
    };

    /// <summary>Takes the window's frames and gives whole ones.</summary>
    public IInpaintSink Into(IInpaintSink sink) => new Pasting(this, sink);

    private static Plane Rgb => new(3, 1);

    private static Plane Luma => new(1, 1);

    private static Plane[] Planes => [Luma, new(1, 2), new(1, 2)];

    private byte[] CutFrame(byte[] frame) => Cut(frame, whole.Yuv is null ? [Rgb] : Planes);

    private byte[] Cut(byte[] frame, Plane[] planes)
    {
        byte[] part = new byte[planes.Sum(plane => plane.Bytes(region.Height, region.Width))];
        foreach ((Range inFrame, Range inPart) in Rows(planes)) frame.AsSpan(inFrame).CopyTo(part.AsSpan(inPart));
        return part;
    }

    private byte[] Pasted(byte[] frame, byte[] part)
    {
        byte[] pasted = (byte[])frame.Clone();
        foreach ((Range inFrame, Range inPart) in Rows(whole.Yuv is null ? [Rgb] : Planes)) part.AsSpan(inPart).CopyTo(pasted.AsSpan(inFrame));
        return pasted;
    }

    // Where the window's rows lie in a frame's bytes, and in its own.
    private IEnumerable<(Range InFrame, Range InPart)> Rows(Plane[] planes)
    {
        int frame = 0, part = 0;
        foreach (Plane plane in planes)
        {
            int stride = plane.Bytes(plane.Shrink, whole.Width), count = plane.Bytes(plane.Shrink, region.Width);
            for (int row = 0; row < region.Height / plane.Shrink; row++, part += count)
            {
                int start = frame + (region.Top / plane.Shrink + row) * stride + plane.Bytes(plane.Shrink, region.Left);
                yield return (start..(start + count), part..(part + count));
            }
            frame += plane.Bytes(whole.Height, whole.Width);
        }
    }

    // What holds all white pixels of all frames.
    private static FrameRegion? Box(InpaintRequest request)
    {
        (int top, int bottom, int left, int right) = (int.MaxValue, -1, int.MaxValue, -1);
        foreach (byte[] frame in request.Mask.Take(request.Frames.Count))
        {
            for (int y = 0; y < request.Height; y++)
            {
                ReadOnlySpan<byte> row = frame.AsSpan(y * request.Width, request.Width);
                int first = row.IndexOfAnyInRange(InpaintRequest.LeastWhite, byte.MaxValue);
                if (first < 0) continue;
                (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y));
                (left, right) = (Math.Min(left, first), Math.Max(right, row.LastIndexOfAnyInRange(InpaintRequest.LeastWhite, byte.MaxValue)));
            }
        }
        return bottom < 0 ? null : new FrameRegion(top, left, bottom + 1 - top, right + 1 - left);
    }

    // Along one side: the box with its context, at least so long, within the frame; even, so that halved chroma has the same edge.
    private static (int Begin, int End) Span(int begin, int length, double margin, double least, int frame)
    {
        int wanted = (int)Math.Min(frame, Math.Ceiling(Math.Max(length + 2 * margin, least)));
        int from = Math.Clamp(begin + (length - wanted) / 2, 0, frame - wanted);
        return (from & ~1, Math.Min(frame, (from + wanted + 1) & ~1));
    }

    /// <param name="Depth">bytes of a sample</param>
    /// <param name="Shrink">pixels to a sample, along either side</param>
    private readonly record struct Plane(int Depth, int Shrink)
    {
        public int Bytes(int height, int width) => height / Shrink * (width / Shrink) * Depth;
    }

    private sealed class Pasting(CropWindow window, IInpaintSink sink) : IInpaintSink
    {
        private int written;

        public void Begin(SoundClip? generatedSound) => sink.Begin(generatedSound);

        public void Write(byte[] frame) => sink.Write(window.Pasted(window.whole.Frames[written++], frame));
    }
}
