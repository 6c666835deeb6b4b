using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Safety;
using Ltx.Server.Configuration;

namespace Ltx.Server.Safety;

/// <summary>
/// The policy: which pictures of a clip are looked at, and what is too much. README.md beside this has the reasons. Runs on the engine's
/// thread and device, one clip at a time. Nothing of a picture is kept or written anywhere.
/// </summary>
internal sealed class ContentGuard(SafetyOptions options, SafetyClassifier classifier)
{
    public const string Source = "the source video", Result = "the result";

    // Around the masked region, a quarter of its size of its surroundings.
    private const int Surroundings = 4;

    /// <summary>Looks at the source.</summary>
    /// <exception cref="ContentRefusedException">It shows too much.</exception>
    public void CheckSource(InpaintRequest clip, CancellationToken cancellation)
    {
        int count = clip.Frames.Count;
        foreach (int start in Starts(count, options.SourceFrames, clip.FramesPerSecond))
        {
            string? first = null;
            int agreeing = 0;
            for (; agreeing < Agreement(count); agreeing++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Excess([clip.Look(clip.Frames[start + agreeing])]) is not { } excess) break;
                first ??= excess;
            }
            if (agreeing == Agreement(count)) throw new ContentRefusedException(Source, start, first!);
        }
    }

    /// <summary>Looks at the result on its way into a sink, which gets no frame from the first that shows too much.</summary>
    public IInpaintSink Watch(InpaintRequest clip, IInpaintSink sink) => new WatchedSink(this, clip, sink);

    /// <summary>So many of a number of frames, evenly spread, the first and the last among them.</summary>
    internal static IReadOnlyList<int> Sample(int frames, int wanted) => Math.Min(frames, wanted) switch
    {
        <= 0 => [],
        1 => [0],
        int count => [.. Enumerable.Range(0, count).Select(i => (int)((long)i * (frames - 1) / (count - 1)))],
    };

    /// <summary>Where the looks at a clip begin. Each may take in the frames that follow, so that none begins at the very end.</summary>
    /// <param name="frames">of the clip</param>
    /// <param name="least">looks at least; 0 for none at all</param>
    /// <param name="rate">frames a second</param>
    internal IReadOnlyList<int> Starts(int frames, int least, double rate)
    {
        if (least == 0 || frames == 0) return [];
        int places = frames - Agreement(frames) + 1;
        int often = options.EverySeconds > 0 ? (int)Math.Ceiling((places - 1) / Math.Max(1, options.EverySeconds * rate)) + 1 : 0;
        return Sample(places, Math.Max(least, often));
    }

    /// <summary>The masked region with some of its surroundings; null where nothing is masked, or it is most of the frame anyway.</summary>
    internal static Picture? MaskedRegion(byte[] frame, byte[] mask, int width, int height)
    {
        int left = width, right = -1, top = height, bottom = -1;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = mask.AsSpan(y * width, width);
            int first = row.IndexOfAnyInRange(InpaintRequest.LeastWhite, byte.MaxValue);
            if (first < 0) continue;
            (left, right) = (Math.Min(left, first), Math.Max(right, row.LastIndexOfAnyInRange(InpaintRequest.LeastWhite, byte.MaxValue)));
            (top, bottom) = (Math.Min(top, y), y);
        }
        if (right < 0) return null;
        (int x, int w) = Widened(left, right, width);
        (int y0, int h) = Widened(top, bottom, height);
        if (2L * w * h > (long)width * height) return null;
        byte[] pixels = new byte[w * h * 3];
        for (int row = 0; row < h; row++) frame.AsSpan(((y0 + row) * width + x) * 3, w * 3).CopyTo(pixels.AsSpan(row * w * 3));
        return new Picture(pixels, w, h);
    }

    private SafetyOptions Policy => options;

    // Never so short that the classifier would have to blow it up: of blurred edges it is unsure. Around the middle, moved where the frame ends.
    private static (int From, int Length) Widened(int first, int last, int size)
    {
        int region = last - first + 1, length = Math.Min(size, Math.Max(region + 2 * (region / Surroundings), SafetyClassifier.Side));
        return (Math.Clamp((first + last + 1 - length) / 2, 0, size - length), length);
    }

    // No clip has more frames that agree than it has frames.
    private int Agreement(int frames) => Math.Min(options.Agreement, frames);

    // What is too much in any of a frame's pictures, for the operator's log; null where nothing is.
    private string? Excess(IReadOnlyList<Picture> pictures)
    {
        Picture[][] views = [.. pictures.Select(Views)];
        Queue<string?> excesses = new(classifier.Classify([.. views.SelectMany(view => view)]).Select(Excess));
        foreach (Picture[] seen in views)
        {
            string?[] found = [.. seen.Select(_ => excesses.Dequeue())];
            if (Array.TrueForAll(found, excess => excess is not null)) return found[0];
        }
        return null;
    }

    /// <summary>
    /// How a picture is looked at. One that is smaller than what the classifier takes is blown up by it, and of blurred edges it is unsure: such a one is
    /// looked at in its own size, too, and only what both ways show counts.
    /// </summary>
    internal static Picture[] Views(Picture picture) =>
        picture.Width >= SafetyClassifier.Side && picture.Height >= SafetyClassifier.Side ? [picture] : [picture, InOwnSize(picture)];

    // In the middle of a picture that is large enough, surrounded by its own mirror images: no edge is there that the picture does not have.
    private static Picture InOwnSize(Picture picture)
    {
        int width = Math.Max(picture.Width, SafetyClassifier.Side), height = Math.Max(picture.Height, SafetyClassifier.Side);
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            int row = Mirrored(y - (height - picture.Height) / 2, picture.Height) * picture.Width;
            for (int x = 0; x < width; x++)
            {
                int from = (row + Mirrored(x - (width - picture.Width) / 2, picture.Width)) * 3;
                picture.Pixels.AsSpan(from, 3).CopyTo(pixels.AsSpan((y * width + x) * 3));
            }
        }
        return new Picture(pixels, width, height);
    }

    // 0, 1, 2, 2, 1, 0, 0, 1 ... to both sides.
    private static int Mirrored(int place, int size)
    {
        int inPair = ((place % (2 * size)) + 2 * size) % (2 * size);
        return inPair < size ? inPair : 2 * size - 1 - inPair;
    }

    // Each class takes up its share of what is allowed of it, and all shares together must not be more than 1: a picture between two classes is as indecent as one of either.
    private string? Excess(SafetyScores scores)
    {
        List<(string Name, double Probability, double Highest)> counted =
        [
            .. new (string, double, double)[]
            {
                (nameof(scores.Porn), scores.Porn, options.Porn), (nameof(scores.Hentai), scores.Hentai, options.Hentai), (nameof(scores.Sexy), scores.Sexy, options.Sexy),
                (nameof(scores.Drawing), scores.Drawing, options.Drawing), (nameof(scores.Neutral), scores.Neutral, options.Neutral),
            }.Where(one => one.Item3 < 1),
        ];
        // Nothing of what may not be there at all, and nothing of it there, is no excess.
        double shares = counted.Sum(one => one.Probability == 0 ? 0 : one.Probability / one.Highest);
        return shares > 1 ? string.Join(" and ", counted.OrderByDescending(one => one.Probability).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} {one.Probability:0.00} of at most {one.Highest:0.00##}"))) : null;
    }

    // Frames in question are held back until those that follow have decided.
    private sealed class WatchedSink(ContentGuard guard, InpaintRequest clip, IInpaintSink sink) : IInpaintSink
    {
        private readonly HashSet<int> starts = [.. guard.Starts(clip.Frames.Count, guard.Policy.ResultFrames, clip.FramesPerSecond)];
        private readonly List<byte[]> held = [];
        private string? first;
        private int received;

        public void Begin(SoundClip? generatedSound) => sink.Begin(generatedSound);

        public void Write(byte[] frame)
        {
            string? excess = held.Count > 0 || starts.Contains(received) ? guard.Excess(Pictures(frame)) : null;
            received++;
            if (excess is null)
            {
                foreach (byte[] earlier in held) sink.Write(earlier);
                held.Clear();
                sink.Write(frame);
                return;
            }
            if (held.Count == 0) first = excess;
            held.Add(frame);
            if (held.Count == guard.Agreement(clip.Frames.Count)) throw new ContentRefusedException(Result, received - held.Count, first!);
        }

        private List<Picture> Pictures(byte[] frame)
        {
            Picture picture = clip.Look(frame);
            List<Picture> pictures = [picture];
            byte[] mask = clip.Mask[Math.Min(received, clip.Mask.Count - 1)];
            if (guard.Policy.MaskedRegion && MaskedRegion(picture.Pixels, mask, clip.Width, clip.Height) is { } region) pictures.Add(region);
            return pictures;
        }
    }
}
