using System.CommandLine;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.Server.Comparing;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx compare`: the same clips through several recipes, side by side, with figures.</summary>
internal sealed class CompareCommand
{
    private readonly Option<string> recipes = new("--recipes") { Required = true, Description = "names or files, separated by commas (ltx recipes list)" };
    private readonly Option<string> seeds = new("--seeds") { Description = "numbers, separated by commas; a run of every recipe each", DefaultValueFactory = _ => "0" };
    private readonly Option<string?> video = new("--video", "-v") { Description = "the source video" };
    private readonly Option<string?> mask = new("--mask", "-m") { Description = "video or picture; white is regenerated" };
    private readonly Option<string?> prompt = new("--prompt", "-p") { Description = "what belongs into the masked region" };
    private readonly Option<string?> clips = new("--clips") { Description = "CSV file with the columns video, mask and prompt, for several clips" };
    private readonly Option<string> output = new("--out", "-o")
    {
        Required = true,
        Description = "folder for results, contact sheets and figures.csv",
    };
    private readonly Option<string[]> loras = new("--lora", "-l")
    {
        Description = "FILE[:scale[:both|stage_1|stage_2]], up to three times",
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly FieldOption<int> frames = new("--frames", "num_frames", "frames at most");
    private readonly FieldOption<double> rate = new("--fps", "frames_per_second", "frames a second");
    private readonly FieldOption<int> steps = new("--steps", "num_inference_steps", "denoising steps");
    private readonly FieldOption<double> guidance = new("--guidance", "guidance_scale", "classifier-free guidance");
    private readonly EngineOptions engine = new();

    public static Command Create()
    {
        CompareCommand definition = new();
        Command command = new("compare", "Runs clips through several recipes and shows them side by side, with times and figures that need no truth.")
        {
            definition.recipes, definition.seeds, definition.video, definition.mask, definition.prompt, definition.clips, definition.output, definition.loras, definition.frames, definition.rate,
            definition.steps, definition.guidance,
        };
        definition.engine.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        string[] names = Parts(arguments.GetValue(recipes)!);
        if (names.Length == 0) throw CommandFailure.Wrong("--recipes names none.");
        foreach (string name in names) RecipeBook.Open(name, ModelLocator.Recipes);
        long[] numbers = [.. Parts(arguments.GetValue(seeds)!).Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seed) ? seed : throw CommandFailure.Wrong($"--seeds: \"{text}\" is no number."))];
        if (numbers.Length == 0) throw CommandFailure.Wrong("--seeds names none.");
        List<ComparedClip> compared = Clips(arguments);
        (int most, double perSecond) = (frames.Read(arguments), rate.Read(arguments));
        GenerationParameters parameters = InpaintInput.Defaults.ToParameters([]) with
        {
            Steps = steps.Read(arguments),
            GuidanceScale = guidance.Read(arguments),
            Loras = [.. (arguments.GetValue(loras) ?? []).Select(LoraChoiceText.Parse)],
        };
        ClipJob job = new("", "", parameters, "") { Frames = most, FramesPerSecond = perSecond };
        LoraChoice.Check(parameters.Loras);
        EngineChoice chosen = engine.Choose(arguments);
        List<(ComparedClip, ClipFiles)> looked = [];
        foreach (ComparedClip clip in compared) looked.Add((clip, await ClipFiles.ProbeAsync(job with { Video = clip.Video, Mask = clip.Mask }, MediaLimits.Default, cancellation)));
        string folder = OutputPath.Folder("--out", arguments.GetValue(output)!);
        using InpaintEngine loaded = await chosen.LoadAsync();
        List<Comparison.Row> rows = await new Comparison(loaded, names, numbers, folder).RunAsync(looked, job, Console.Error.WriteLine, cancellation);
        Write(rows, names.Max(name => name.Length));
        Console.WriteLine($"{folder}: a contact sheet for each clip (.png, and .mp4 to watch), the results, figures.csv");
        Console.WriteLine("On a sheet: the source, its mask, and then the results in the order of this table.");
        return 0;
    }

    private List<ComparedClip> Clips(ParseResult arguments)
    {
        string? one = arguments.GetValue(video), masked = arguments.GetValue(mask), words = arguments.GetValue(prompt), file = arguments.GetValue(clips);
        if (file is not null) return one is null && masked is null && words is null ? ComparedClip.Read(file) : throw CommandFailure.Wrong("Give either --clips or --video, --mask and --prompt.");
        return one is not null && masked is not null && words is not null ? [new ComparedClip("clip", one, masked, words)] : throw CommandFailure.Wrong("--video, --mask and --prompt are needed, or --clips.");
    }

    private static string[] Parts(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static void Write(List<Comparison.Row> rows, int width)
    {
        string name = "recipe".PadRight(Math.Max(width, 6));
        Console.WriteLine($"clip  {name}        seed  seconds  PSNR beyond  seam step  flicker in  around  green %");
        foreach (Comparison.Row row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Clip,-4}  {row.Recipe.PadRight(name.Length)}  {row.Seed,10}  {row.Seconds,7:0.0}  {row.Figures.Psnr,11:0.00}  {row.Figures.SeamStep,9:0.00}  {row.Figures.FlickerInside,10:0.00}  {row.Figures.FlickerAround,6:0.00}  {row.Figures.Green,7:0.000}"));
        }
    }
}
