using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Safety;
using Ltx.Server.Configuration;

namespace Ltx.Server.Safety;

/// <summary>
/// The policy: which pictures of a clip are looked at, and what is too much. Runs on the engine's thread and device, one clip at a time.
/// Nothing of a picture is kept or written anywhere.
/// </summary>
internal sealed class ContentGuard(SafetyOptions options, SafetyClassifier classifier)
{
    public const string Source = "the source video", Result = "the result";

    // Around the masked region, a quarter of its size of its surroundings; and never less than this many pixels a side.
    private const int Surroundings = 4, SmallestCrop = 64;

    /// <summary>Looks at the source.</summary>
    /// <exception cref="ContentRefusedException">It shows too much.</exception>
    public void CheckSource(InpaintRequest clip, CancellationToken cancellation)
    {
        foreach (int frame in Sample(clip.Frames.Count, Policy.SourceFrames))
        {
            cancellation.ThrowIfCancellationRequested();
            Check(Source, frame, [new Picture(clip.Frames[frame], clip.Width, clip.Height)]);
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

    /// <summary>The masked region with some of its surroundings; null where nothing is masked, or it is most of the frame anyway.</summary>
    internal static Picture? MaskedRegion(byte[] frame, byte[] mask, int width, int height)
    {
        int left = width, right = -1, top = height, bottom = -1;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = mask.AsSpan(y * width, width);
            int first = row.IndexOfAnyInRange((byte)128, byte.MaxValue);
            if (first < 0) continue;
            (left, right) = (Math.Min(left, first), Math.Max(right, row.LastIndexOfAnyInRange((byte)128, byte.MaxValue)));
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

    private static (int From, int Length) Widened(int first, int last, int size)
    {
        int length = last - first + 1, more = Math.Max(length / Surroundings, (SmallestCrop - length + 1) / 2);
        int from = Math.Max(0, first - more);
        return (from, Math.Min(size, last + 1 + more) - from);
    }

    private void Check(string part, int frame, IReadOnlyList<Picture> pictures)
    {
        foreach (SafetyScores scores in classifier.Classify(pictures))
        {
            foreach ((string name, double probability, double highest) in (ReadOnlySpan<(string, double, double)>)
            [
                (nameof(scores.Porn), scores.Porn, Policy.Porn), (nameof(scores.Hentai), scores.Hentai, Policy.Hentai), (nameof(scores.Sexy), scores.Sexy, Policy.Sexy),
                (nameof(scores.Drawing), scores.Drawing, Policy.Drawing), (nameof(scores.Neutral), scores.Neutral, Policy.Neutral),
            ])
            {
                // A rounded sum may exceed 1, above which nothing is refused.
                if (highest < 1 && probability > highest) throw new ContentRefusedException(part, frame, string.Create(CultureInfo.InvariantCulture, $"{name} {probability:0.00} of at most {highest:0.00##}"));
            }
        }
    }

    private sealed class WatchedSink(ContentGuard guard, InpaintRequest clip, IInpaintSink sink) : IInpaintSink
    {
        private readonly HashSet<int> sampled = [.. Sample(clip.Frames.Count, guard.Policy.ResultFrames)];
        private int written;

        public void Begin(SoundClip? generatedSound) => sink.Begin(generatedSound);

        public void Write(byte[] frame)
        {
            if (sampled.Contains(written)) Look(frame);
            written++;
            sink.Write(frame);
        }

        private void Look(byte[] frame)
        {
            List<Picture> pictures = [new(frame, clip.Width, clip.Height)];
            byte[] mask = clip.Mask[Math.Min(written, clip.Mask.Count - 1)];
            if (guard.Policy.MaskedRegion && MaskedRegion(frame, mask, clip.Width, clip.Height) is { } region) pictures.Add(region);
            guard.Check(Result, written, pictures);
        }
    }
}
