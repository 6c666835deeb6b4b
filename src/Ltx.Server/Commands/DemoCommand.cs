using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx demo`: makes a scene that the miniature model knows, fills its masked rectangle, and says where to look.</summary>
internal sealed class DemoCommand
{
    private const string Prompt = "a red disc";

    // One of the rounder discs that the miniature draws, so that everyone sees the same picture.
    private const long Seed = 3;

    private readonly Option<string> folder = new("--out", "-o")
    {
        Description = "folder for what the demo makes",
        DefaultValueFactory = _ => "ltx-demo",
    };
    private readonly EngineOptions engine = new();

    public static Command Create()
    {
        DemoCommand definition = new();
        Command command = new("demo", "Makes a small scene with sound and replaces what is under its mask by a red disc.") { definition.folder };
        definition.engine.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        string target = OutputPath.Folder("--out", arguments.GetValue(folder)!);
        string Named(string name) => Path.Combine(target, name);
        (string source, string mask, string result, string picture) = (Named("source.mp4"), Named("mask.mp4"), Named("result.mp4"), Named("side-by-side.png"));
        VideoWriteOptions options = new()
        {
            Size = new FrameSize(DemoScene.Width, DemoScene.Height),
            FramesPerSecond = new FrameRate(DemoScene.FramesPerSecond, 1),
            FrameCount = DemoScene.Frames,
            Quality = VideoQuality.Maximum,
        };
        await VideoWriter.WriteAsync(source, options, Drawn(DemoScene.Frame), new AudioClip(DemoScene.Sound(), DemoScene.SampleRate), cancellation);
        await VideoWriter.WriteAsync(mask, options, Drawn(DemoScene.Mask), null, cancellation);

        GenerationParameters parameters = InpaintInput.Defaults.ToParameters([]) with { Prompt = Prompt, Seed = Seed };
        ClipJob job = new(source, mask, parameters, result) { Frames = DemoScene.Frames, FramesPerSecond = DemoScene.FramesPerSecond };
        using InpaintEngine loaded = await engine.OpenAsync(arguments);
        ClipResult clip = await ConsoleProgress.ShowAsync(progress => new ClipInpainter(loaded, MediaLimits.Default).RunAsync(job, progress, cancellation));
        await PngWriter.WriteAsync(picture, options.Size, [await MiddleAsync(source, cancellation), await MiddleAsync(mask, cancellation), await MiddleAsync(result, cancellation)], cancellationToken: cancellation);

        Console.WriteLine($"source:        {source}");
        Console.WriteLine($"mask:          {mask}");
        Console.WriteLine($"result:        {result}  (\"{Prompt}\", {clip.Size}, {clip.Frames} frames, {(clip.HasSound ? "with sound" : "no sound")})");
        Console.WriteLine($"side by side:  {picture}");
        Console.WriteLine(ConsoleProgress.Timings(clip.Stages));
        return 0;
    }

    private static IAsyncEnumerable<ReadOnlyMemory<byte>> Drawn(Func<int, byte[]> draw) => Enumerable.Range(0, DemoScene.Frames).Select(i => (ReadOnlyMemory<byte>)draw(i)).ToAsyncEnumerable();

    // As it is in the file, after encoding.
    private static async Task<ReadOnlyMemory<byte>> MiddleAsync(string file, CancellationToken cancellation)
    {
        MediaInfo info = await MediaProbe.ProbeAsync(file, cancellationToken: cancellation);
        VideoReadOptions options = new() { Size = new FrameSize(DemoScene.Width, DemoScene.Height), FramesPerSecond = new FrameRate(DemoScene.FramesPerSecond, 1) };
        List<VideoFrame> frames = await VideoReader.ReadAsync(info, options, cancellation).ToListAsync(cancellation);
        return frames[frames.Count / 2].Pixels;
    }
}
