using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ltx.Inference.Latents;
using Ltx.Server.Media;
using Ltx.Server.Training;
using Ltx.Training;
using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx train`: a LoRA from a folder of clips.</summary>
internal sealed class TrainCommand
{
    private static readonly TrainingOptions Defaults = new() { Kind = TrainingKind.Inpaint };

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly Option<string> kind = new("--kind") { Description = $"what is taught: {string.Join(", ", TrainingKinds.All)}" };
    private readonly Option<string> data = new("--data") { Description = "the clips: a folder, or a zip" };
    private readonly Option<string> output = new("--out", "-o") { Description = "folder for everything that the training makes" };
    private readonly Option<bool> full = new("--full") { Description = "train all weights of the video stream, and write a whole checkpoint: for small models" };
    private readonly Option<int> rank = new("--rank") { Description = "of the LoRA", DefaultValueFactory = _ => Defaults.Rank };
    private readonly Option<double?> alpha = new("--alpha") { Description = "the LoRA acts with alpha / rank; the rank where it is not given" };
    private readonly Option<int> steps = new("--steps") { Description = "steps of the whole training", DefaultValueFactory = _ => Defaults.Steps };
    private readonly Option<double> learningRate = new("--learning-rate") { Description = "of the first step", DefaultValueFactory = _ => Defaults.LearningRate };
    private readonly Option<ScheduleKind> schedule = new("--schedule") { Description = "how the learning rate changes", DefaultValueFactory = _ => Defaults.Schedule };
    private readonly Option<double> weightDecay = new("--weight-decay") { Description = "of AdamW", DefaultValueFactory = _ => Defaults.WeightDecay };
    private readonly Option<int> batch = new("--batch") { Description = "clips a step", DefaultValueFactory = _ => Defaults.Batch };
    private readonly Option<long> seed = new("--seed") { Description = "everything random follows from it", DefaultValueFactory = _ => Defaults.Seed };
    private readonly Option<SigmaDistribution> sigmas = new("--noise-levels") { Description = "how they are drawn", DefaultValueFactory = _ => Defaults.Sigmas };
    private readonly Option<int> frames = new("--frames") { Description = "of a clip, 8k + 1", DefaultValueFactory = _ => 89 };
    private readonly Option<double> rate = new("--fps") { Description = "frames a second that clips should have", DefaultValueFactory = _ => 24 };
    private readonly Option<string> resolution = new("--resolution") { Description = "low, medium, high, or WIDTHxHEIGHT", DefaultValueFactory = _ => "medium" };
    private readonly Option<string> aspect = new("--aspect") { Description = "16:9, 1:1 or 9:16, of low, medium and high", DefaultValueFactory = _ => "1:1" };
    private readonly Option<bool> scaleTime = new("--scale-time") { Description = "play every clip, whole, so that it has the wanted frames at the wanted rate" };
    private readonly Option<string> trigger = new("--trigger") { Description = "words in front of every caption", DefaultValueFactory = _ => "" };
    private readonly Option<double> firstFrame = new("--first-frame") { Description = "in what share of the steps the first frame is given; 1 for i2v, else 0, where it is not given" };
    private readonly Option<string> keep = new("--keep") { Description = "outpaint: what of every frame is given, LEFT,TOP,RIGHT,BOTTOM in pixels of the training's size" };
    private readonly Option<int> downscale = new("--reference-downscale") { Description = "how many times smaller references are shown", DefaultValueFactory = _ => 1 };
    private readonly Option<int> temporal = new("--reference-temporal") { Description = "every how manieth frame of references is shown", DefaultValueFactory = _ => 1 };
    private readonly Option<int> checkpoint = new("--checkpoint-every") { Description = "steps after which a state is kept that --resume goes on from", DefaultValueFactory = _ => Defaults.CheckpointEvery };
    private readonly Option<string> validate = new("--validate") { Description = "JSON file with a list of {prompt, video, mask, reference}: clips that are made with what was learned" };
    private readonly Option<int> previewEvery = new("--preview-every") { Description = "steps after which they are made; 0 for at the end alone", DefaultValueFactory = _ => 0 };
    private readonly Option<string> cache = new("--cache") { Description = "folder for prepared clips, which trainings may share; one in --out where it is not given" };
    private readonly Option<bool> resume = new("--resume") { Description = "go on with the training in --out" };
    private readonly Option<string> config = new("--config") { Description = "JSON file with any of these options by name; what the command line says goes first" };
    private readonly EngineOptions engine = new();

    public static Command Create()
    {
        TrainCommand definition = new();
        Command command = new("train", "Trains a LoRA on clips of your own.")
        {
            definition.kind, definition.data, definition.output, definition.full, definition.rank, definition.alpha, definition.steps, definition.learningRate, definition.schedule,
            definition.weightDecay, definition.batch, definition.seed, definition.sigmas, definition.frames, definition.rate, definition.resolution, definition.aspect, definition.scaleTime,
            definition.trigger, definition.firstFrame, definition.keep, definition.downscale, definition.temporal, definition.checkpoint, definition.validate, definition.previewEvery,
            definition.cache, definition.resume, definition.config,
        };
        definition.engine.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(WithConfig(command, arguments, definition.config), cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        TrainingOrder order = Order(arguments);
        EngineChoice chosen = engine.Choose(arguments);
        using InpaintEngine loaded = await chosen.LoadAsync();
        TrainingOutcome outcome = await TrainingProgressText.ShowAsync(tell => new TrainingRun(loaded, MediaLimits.Default).RunAsync(order, tell, cancellation));
        Console.WriteLine($"learned:   {outcome.Lora}");
        Console.WriteLine($"loss:      {outcome.Log}, {outcome.Plot}");
        if (outcome.Previews is { } previews) Console.WriteLine($"previews:  {previews}");
        if (!order.Options.Full) Console.WriteLine($"use it:    ltx inpaint --lora {outcome.Lora} ...");
        return 0;
    }

    private TrainingOrder Order(ParseResult arguments)
    {
        string[] missing = [.. new[] { kind, data, output }.Where(option => arguments.GetValue(option) is null or "").Select(option => option.Name)];
        if (missing.Length > 0)
        {
            throw CommandFailure.Wrong($"{CommandLineMistakes.Listed(missing, "and")} {(missing.Length == 1 ? "is" : "are")} missing.");
        }
        string named = arguments.GetValue(kind)!, clips = Path.GetFullPath(arguments.GetValue(data)!), wanted = arguments.GetValue(output)!;
        TrainingKind taught = TrainingKinds.Find(named) ?? throw CommandFailure.Wrong($"--kind is {named}, and must be one of {string.Join(", ", TrainingKinds.All)}.");
        if (!File.Exists(clips) && !Directory.Exists(clips)) throw CommandFailure.Wrong($"--data: {clips} does not exist.");
        KeptRectangle? kept = arguments.GetValue(keep) is { Length: > 0 } edges ? Rectangle(edges) : null;
        if (taught == TrainingKind.Outpaint && kept is null) throw CommandFailure.Wrong("--kind outpaint needs --keep: what of every frame is given.");
        (int down, int slow) = (AtLeast(downscale, arguments, 1), AtLeast(temporal, arguments, 1));
        TrainingOptions options = new()
        {
            Kind = taught,
            Full = arguments.GetValue(full),
            Rank = AtLeast(rank, arguments, 1),
            Alpha = arguments.GetValue(alpha) is { } strength ? CommandFailure.Within("--alpha", strength, double.Epsilon, 1e6) : null,
            Steps = AtLeast(steps, arguments, 1),
            LearningRate = CommandFailure.Within("--learning-rate", arguments.GetValue(learningRate), 0, 1),
            Schedule = arguments.GetValue(schedule),
            WeightDecay = CommandFailure.Within("--weight-decay", arguments.GetValue(weightDecay), 0, 1),
            Batch = AtLeast(batch, arguments, 1),
            Seed = arguments.GetValue(seed),
            Sigmas = arguments.GetValue(sigmas),
            FirstFrame = arguments.GetResult(firstFrame) is { Implicit: false }
                ? CommandFailure.Within("--first-frame", arguments.GetValue(firstFrame), 0, 1)
                : taught == TrainingKind.ImageToVideo ? 1 : 0,
            Kept = kept,
            ReferenceDownscale = down,
            ReferenceTemporalScale = slow,
            CheckpointEvery = AtLeast(checkpoint, arguments, 1),
            Trigger = arguments.GetValue(trigger),
        };
        string folder = OutputPath.Folder("--out", wanted);
        bool isBegun = File.Exists(Path.Combine(folder, "state.safetensors"));
        if (isBegun && !arguments.GetValue(resume)) throw CommandFailure.Wrong($"--out: {folder} holds a training; give --resume to go on with it, or name another folder.");
        if (!isBegun && arguments.GetValue(resume)) throw CommandFailure.Wrong($"--resume: {folder} holds no training that could go on.");
        ReferenceScale reference = new(down, slow);
        (int count, double perSecond, bool isScaled) = (AtLeast(frames, arguments, 1), arguments.GetValue(rate), arguments.GetValue(scaleTime));
        string size = arguments.GetValue(resolution)!, shape = arguments.GetValue(aspect)!;
        PreparationOptions Preparation(VideoScale scale) =>
            new([Size(size, shape, count, scale, reference)], perSecond) { ScalesTime = isScaled, Reference = reference };
        return new TrainingOrder(clips, folder, options, Preparation)
        {
            Previews = arguments.GetValue(validate) is { Length: > 0 } list ? Previews(list) : [],
            PreviewEvery = AtLeast(previewEvery, arguments, 0),
            PreviewFrames = count,
            PreviewFramesPerSecond = perSecond,
            Cache = arguments.GetValue(cache) is { Length: > 0 } shared ? OutputPath.Folder("--cache", shared) : null,
        };
    }

    private static int AtLeast(Option<int> option, ParseResult arguments, int least) =>
        arguments.GetValue(option) is var value && value >= least ? value : throw CommandFailure.Wrong($"{option.Name} is {value}, and must be {least} or more.");

    private static PixelShape Size(string resolution, string aspect, int frames, VideoScale scale, ReferenceScale reference)
    {
        int[] sides = [.. resolution.Split('x')
            .Select(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int pixels) ? pixels : 0)];
        if (sides is [> 0 and var columns, > 0 and var rows]) return new PixelShape(frames, rows, columns);
        if (!Enum.TryParse(resolution, ignoreCase: true, out TrainingResolution named) || !Enum.IsDefined(named))
        {
            throw CommandFailure.Wrong($"--resolution is {resolution}, and must be low, medium, high or WIDTHxHEIGHT.");
        }
        TrainingAspect chosen = aspect switch
        {
            "16:9" => TrainingAspect.Landscape,
            "1:1" => TrainingAspect.Square,
            "9:16" => TrainingAspect.Portrait,
            _ => throw CommandFailure.Wrong($"--aspect is {aspect}, and must be 16:9, 1:1 or 9:16."),
        };
        return TrainingSize.Of(named, chosen, frames, scale, reference);
    }

    private static KeptRectangle Rectangle(string text)
    {
        int[] edges = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int edge) ? edge : -1)];
        return edges is [>= 0, >= 0, >= 0, >= 0] && edges[2] > edges[0] && edges[3] > edges[1]
            ? new KeptRectangle(edges[0], edges[1], edges[2], edges[3])
            : throw CommandFailure.Wrong($"--keep is {text}, and must be LEFT,TOP,RIGHT,BOTTOM in pixels.");
    }

    // Paths in it are relative to it.
    private static List<PreviewClip> Previews(string file)
    {
        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            string? Beside(string? path) => path is null ? null : Path.Combine(folder, path);
            List<PreviewClip> clips = JsonSerializer.Deserialize<List<PreviewClip>>(File.ReadAllText(file), Json) ?? [];
            return [.. clips.Select(clip => clip with { Video = Beside(clip.Video), Mask = Beside(clip.Mask), Reference = Beside(clip.Reference) })];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Wrong($"--validate: {file} cannot be read as a JSON list of clips: {e.Message}");
        }
    }

    // What the file says stands in front of what was typed: of an option that is given twice, the last one counts.
    private static ParseResult WithConfig(Command command, ParseResult arguments, Option<string> config)
    {
        if (arguments.GetValue(config) is not { Length: > 0 } file) return arguments;
        List<string> all = [];
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind is JsonValueKind.False or JsonValueKind.Null) continue;
                all.Add($"--{property.Name}");
                if (property.Value.ValueKind != JsonValueKind.True) all.Add(property.Value.ToString());
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Wrong($"--config: {file} cannot be read as a JSON object of options: {e.Message}");
        }
        // The command's own name is not among what it parses.
        all.AddRange(arguments.Tokens.Select(token => token.Value).SkipWhile(token => token != command.Name).Skip(1));
        ParseResult parsed = command.Parse(all, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return parsed.Errors.Count == 0 ? parsed : throw CommandFailure.Wrong($"--config: {CommandLineMistakes.Sentence(parsed)}");
    }
}
