using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Server.Playground;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx mask`: a mask video from rectangles and ellipses, which may move, or from a drawing of the playground.</summary>
internal sealed class MaskCommand
{
    private readonly Option<string?> video = new("--video", "-v") { Description = "the source that the mask is for: gives size, rate and length" };
    private readonly Option<string?> size = new("--size") { Description = "without a source: WIDTHxHEIGHT", HelpName = "WxH" };
    private readonly Option<int?> frames = new("--frames") { Description = "frames of the mask; those of the source where there is one" };
    private readonly Option<double?> rate = new("--fps") { Description = "frames a second; the source's where there is one, else 24" };
    private readonly Option<string[]> rectangles = Shape("--rect", "a rectangle");
    private readonly Option<string[]> ellipses = Shape("--ellipse", "an ellipse");
    private readonly Option<string?> marks = new("--marks")
    {
        Description = "JSON file with a drawing, as docs/marks.md describes it; --rect and --ellipse are drawn over it",
    };
    private readonly Option<bool> invert = new("--invert")
    {
        Description = "black and white change places: everything but the shapes is regenerated",
    };
    private readonly Option<string> output = new("--out", "-o") { Required = true, Description = "the MP4 to write" };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "write over a mask that is there already" };
    private readonly TellingOptions telling = new();

    public static Command Create()
    {
        MaskCommand definition = new();
        Command command = new("mask", "Makes a mask video: white shapes that stand still or move.")
        {
            definition.video, definition.size, definition.frames, definition.rate, definition.rectangles, definition.ellipses, definition.marks,
            definition.invert, definition.output, definition.yes,
        };
        definition.telling.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        Marks drawing = Drawing(arguments);
        string? source = arguments.GetValue(video);
        string target = OutputPath.Video("--out", arguments.GetValue(output)!, arguments.GetValue(yes), source is null ? [] : [source]);
        (FrameSize shape, FrameRate perSecond, int count) = source is null ? Given(arguments) : await OfSourceAsync(arguments, source, cancellation);
        double[] times = [.. Enumerable.Range(0, count).Select(i => i * (double)perSecond.Denominator / perSecond.Numerator)];
        MaskRasteriser rasteriser = new(shape.Width, shape.Height, drawing);
        await MaskWriter.WriteAsync(target, shape, times, times.Select(time => rasteriser.Draw(time, cancellation)), MediaLimits.Default,
            cancellation);
        string per = perSecond.Value.ToString("0.###", CultureInfo.InvariantCulture);
        telling.Tell(
            arguments,
            new { Output = target, shape.Width, shape.Height, Frames = count, FramesPerSecond = perSecond.Value, Shapes = drawing.Shapes.Count },
            $"{target}: {shape}, {count} frames at {per} a second");
        return 0;
    }

    private Marks Drawing(ParseResult arguments)
    {
        Marks drawn = arguments.GetValue(marks) is { } file ? Read(file) : new Marks(false, []);
        IEnumerable<MarkShape> Shapes(Option<string[]> option, MarkKind kind) => (arguments.GetValue(option) ?? [])
            .Select(text => MaskShapeText.Parse(option.Name, kind, text));
        drawn = new Marks(drawn.Invert ^ arguments.GetValue(invert),
            [.. drawn.Shapes, .. Shapes(rectangles, MarkKind.Rect), .. Shapes(ellipses, MarkKind.Ellipse)]);
        return drawn.Shapes.Count > 0 ? drawn : throw CommandFailure.Wrong("The mask has no shape: give --rect, --ellipse or --marks.");
    }

    private static Marks Read(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            (Marks? drawn, FalDetail? problem) = MaskRequestReader.ReadMarks(document.RootElement);
            return drawn ?? throw CommandFailure.Wrong($"--marks: {file} is no drawing: {string.Join('.', problem!.Location)}: {problem.Message}.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Wrong($"--marks: {file} cannot be read as a drawing: {e.Message}");
        }
    }

    private (FrameSize Size, FrameRate Rate, int Frames) Given(ParseResult arguments)
    {
        int[] sides = [.. (arguments.GetValue(size) ?? "").Split('x')
            .Select(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int pixels) ? pixels : 0)];
        if (sides is not [> 0 and <= MaskRequestReader.MaxSide and var width, > 0 and <= MaskRequestReader.MaxSide and var height])
        {
            throw CommandFailure.Wrong("Give the source with --video, or --size as WIDTHxHEIGHT with --frames.");
        }
        return (new FrameSize(width, height), Rate(arguments) ?? new FrameRate(24, 1),
            Count(arguments.GetValue(frames) ?? throw CommandFailure.Wrong("Give --frames: how many the mask has.")));
    }

    private async Task<(FrameSize Size, FrameRate Rate, int Frames)> OfSourceAsync(
        ParseResult arguments, string source, CancellationToken cancellation)
    {
        if (arguments.GetValue(size) is not null) throw CommandFailure.Wrong("--size is the source's where there is --video.");
        MediaInfo info = (await MediaProbe.ProbeAsync(source, MediaLimits.Default, ClipInpainter.SourceRole, cancellation)).RequireVideo();
        FrameRate perSecond = Rate(arguments) ?? info.AverageFrameRate
            ?? throw CommandFailure.Wrong("The source does not tell its rate; give --fps.");
        long? has = info.Duration > TimeSpan.Zero ? (long)Math.Round(info.Duration.TotalSeconds * perSecond.Value) : info.FrameCountEstimate;
        long count = arguments.GetValue(frames) ?? has ?? throw CommandFailure.Wrong("The source does not tell its length; give --frames.");
        return (new FrameSize(info.Width, info.Height), perSecond, Count(Math.Max(1, count)));
    }

    private FrameRate? Rate(ParseResult arguments) => arguments.GetValue(rate) is { } given
        ? FrameRate.FromDouble(CommandFailure.Within("--fps", given, 1, 240)) : null;

    private static int Count(long count) => (int)CommandFailure.Within("--frames", count, 1, MaskRequestReader.MaxTimes);

    private static Option<string[]> Shape(string name, string what) => new(name)
    {
        Description = $"{what}: LEFT,TOP,WIDTH,HEIGHT; with movement \"0:10,20,64,48 1.5:90,20,64,48\", a box behind each second; may be given again",
        AllowMultipleArgumentsPerToken = false,
        HelpName = "X,Y,W,H",
    };
}
