using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Comparing;

/// <summary>Runs clips through several recipes, and writes what was seen: results, a contact sheet as picture and looping video, and figures.</summary>
/// <param name="engine">with the model loaded</param>
/// <param name="recipes">names or files</param>
/// <param name="seeds">a run each</param>
/// <param name="folder">for everything that is written</param>
internal sealed class Comparison(InpaintEngine engine, IReadOnlyList<string> recipes, IReadOnlyList<long> seeds, string folder)
{
    // A sheet that is watched shows every clip a few times.
    private const int Loops = 4;

    // A sheet's pictures are made smaller to this.
    private const int LongestSide = 480;

    /// <summary>One line of the table.</summary>
    public sealed record Row(string Clip, string Recipe, long Seed, double Seconds, ClipFigures Figures)
    {
        public const string Head = "clip,recipe,seed,seconds,psnr_beyond_mask,seam_step,flicker_inside,flicker_around,green_percent";

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Clip},{Recipe},{Seed},{Seconds:0.0},{Figures.Psnr:0.00},{Figures.SeamStep:0.00},{Figures.FlickerInside:0.00},{Figures.FlickerAround:0.00},{Figures.Green:0.000}");
    }

    /// <param name="clips">one sheet each, and their files, looked at</param>
    /// <param name="job">what all have in common</param>
    /// <param name="told">hears what comes next</param>
    public async Task<List<Row>> RunAsync(IReadOnlyList<(ComparedClip Clip, ClipFiles Files)> clips, ClipJob job, Action<string> told, CancellationToken cancellation)
    {
        List<Row> rows = [];
        foreach ((ComparedClip clip, ClipFiles files) in clips)
        {
            List<string> results = [];
            foreach (string recipe in recipes)
            {
                foreach (long seed in seeds)
                {
                    told($"clip {clip.Name}, {Label(recipe)}, seed {seed}");
                    string output = Path.Combine(folder, $"{clip.Name}-{Label(recipe)}-{seed.ToString(CultureInfo.InvariantCulture)}.mp4");
                    GenerationParameters parameters = job.Parameters with { Prompt = clip.Prompt, Recipe = recipe, Seed = seed };
                    ClipJob one = job with { Video = clip.Video, Mask = clip.Mask, Parameters = parameters, Output = output, Quality = VideoQuality.Maximum };
                    ClipResult made = await new ClipInpainter(engine, MediaLimits.Default).RunAsync(one, progress: null, cancellation, files);
                    results.Add(output);
                    rows.Add(new Row(clip.Name, Label(recipe), seed, made.Stages.Sum(stage => stage.Time.TotalSeconds), await FiguresAsync(one, files, made, cancellation)));
                }
            }
            await SheetAsync(clip, files, job, results, cancellation);
        }
        await File.WriteAllLinesAsync(Path.Combine(folder, "figures.csv"), rows.Select(row => row.ToString()).Prepend(Row.Head), cancellation);
        return rows;
    }

    private static string Label(string recipe) => recipe.EndsWith(".json", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(recipe) : recipe;

    private static async Task<ClipFigures> FiguresAsync(ClipJob job, ClipFiles files, ClipResult made, CancellationToken cancellation)
    {
        MediaInfo output = await MediaProbe.ProbeAsync(job.Output, cancellationToken: cancellation);
        Task<List<byte[]>> Read(MediaInfo file, FramePixels pixels) => FramesAsync(file, made.Size, job, pixels, made.Frames, cancellation);
        return ClipFigures.Of(await Read(files.Source, FramePixels.Rgb24), await Read(output, FramePixels.Rgb24), await Read(files.Mask, FramePixels.Gray8), made.Size.Width, made.Size.Height);
    }

    // The source, the same with its mask in green, and then the results in the table's order: the middle frame as a picture, and everything as a video.
    private async Task SheetAsync(ComparedClip clip, ClipFiles files, ClipJob job, List<string> results, CancellationToken cancellation)
    {
        MediaInfo source = files.Source;
        double shrink = Math.Min(1, (double)LongestSide / Math.Max(source.Width, source.Height));
        FrameSize size = new(Math.Max(2, (int)(source.Width * shrink) & ~1), Math.Max(2, (int)(source.Height * shrink) & ~1));
        List<byte[]> shown = await FramesAsync(source, size, job, FramePixels.Rgb24, job.Frames, cancellation), mask = await FramesAsync(files.Mask, size, job, FramePixels.Gray8, shown.Count, cancellation);
        int columns = Math.Max(2, seeds.Count);
        ContactSheet sheet = new(size, columns);
        sheet.Add(frame => shown[frame]);
        sheet.Add(frame => Marked(shown[frame], mask[Math.Min(frame, mask.Count - 1)]));
        for (int column = 2; column < columns; column++) sheet.Add(_ => new byte[size.Width * size.Height * 3]);
        foreach (string result in results)
        {
            List<byte[]> frames = await FramesAsync(await MediaProbe.ProbeAsync(result, cancellationToken: cancellation), size, job, FramePixels.Rgb24, shown.Count, cancellation);
            sheet.Add(frame => frames[frame]);
        }
        await PngWriter.WriteAsync(Path.Combine(folder, $"{clip.Name}.png"), sheet.Size, [sheet.Draw(shown.Count / 2)], cancellationToken: cancellation);
        VideoWriteOptions options = new() { Size = sheet.Size, FramesPerSecond = FrameRate.FromDouble(job.FramesPerSecond), Quality = VideoQuality.High };
        IAsyncEnumerable<ReadOnlyMemory<byte>> looped = Enumerable.Range(0, Loops * shown.Count).Select(i => (ReadOnlyMemory<byte>)sheet.Draw(i % shown.Count)).ToAsyncEnumerable();
        await VideoWriter.WriteAsync(Path.Combine(folder, $"{clip.Name}.mp4"), options, looped, null, cancellation);
    }

    private static byte[] Marked(byte[] frame, byte[] mask)
    {
        byte[] marked = (byte[])frame.Clone();
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] >= InpaintRequest.LeastWhite) (marked[3 * i], marked[3 * i + 1], marked[3 * i + 2]) = (0x66, 0xFF, 0x00);
        }
        return marked;
    }

    private static async Task<List<byte[]>> FramesAsync(MediaInfo info, FrameSize size, ClipJob job, FramePixels pixels, int atMost, CancellationToken cancellation)
    {
        VideoReadOptions options = new() { Size = size, FramesPerSecond = FrameRate.FromDouble(job.FramesPerSecond), MaxFrames = atMost, Pixels = pixels };
        return await VideoReader.ReadAsync(info, options, cancellation).Select(frame => frame.Pixels.ToArray()).ToListAsync(cancellation);
    }
}
