using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Recipes;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx inpaint`: one clip, from file to file.</summary>
internal sealed class InpaintCommand
{
    private readonly Option<string> video = new("--video", "-v") { Required = true, Description = "the source video" };
    private readonly Option<string> mask = new("--mask", "-m") { Required = true, Description = "video or picture; white is regenerated" };
    private readonly Option<string> prompt = new("--prompt", "-p") { Required = true, Description = "what belongs into the masked region" };
    private readonly Option<string> output = new("--out", "-o") { Required = true, Description = "the MP4 to write" };
    private readonly Option<string[]> loras = new("--lora", "-l")
    {
        Description = "FILE[:scale[:both|stage_1|stage_2]], up to three times",
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly FieldOption<double> strength = new("--video-strength", "video_strength", "strength of the guide");
    private readonly FieldOption<int> frames = new("--frames", "num_frames", "frames at most");
    private readonly FieldOption<double> rate = new("--fps", "frames_per_second", "frames a second");
    private readonly FieldOption<int> steps = new("--steps", "num_inference_steps", "denoising steps");
    private readonly FieldOption<double> guidance = new("--guidance", "guidance_scale", "classifier-free guidance");
    private readonly Option<string> negative = new("--negative") { Description = "what to stay away from; the default recipe looks at it without guidance, too", DefaultValueFactory = _ => InpaintInput.Defaults.NegativePrompt };
    private readonly Option<long?> seed = new("--seed", "-s") { Description = "makes a run repeatable; random where it is not given" };
    private readonly Option<bool> noExpansion = new("--no-prompt-expansion") { Description = "use the prompt as it is; otherwise the text model writes it out, where it can" };
    private readonly Option<bool> showFrame = new("--show-frame") { Description = "let the text model see the first masked frame while it writes the prompt out" };
    private readonly Option<bool> noAudio = new("--no-audio") { Description = "leave the sound track out" };
    private readonly Option<VideoQuality> quality = new("--quality") { Description = "low, medium, high or maximum; lossless keeps every byte, and few players show it", DefaultValueFactory = _ => InpaintInput.Defaults.VideoQuality };
    private readonly Option<WriteMode> mode = new("--write-mode") { Description = "fast, balanced or small", DefaultValueFactory = _ => InpaintInput.Defaults.VideoWriteMode };
    private readonly Option<string> recipe = new("--recipe") { Description = "what is done with the clip: a name (ltx recipes list) or a JSON file; otherwise the model's own, or default", DefaultValueFactory = _ => "" };
    private readonly Option<LoraKind?> loraKind = new("--lora-kind") { Description = "how the LoRAs were trained: mask (clean latents), reference (the guide) or neither; otherwise what their files say or look like" };
    private readonly Option<int?> workingSide = new("--working-short-side") { Description = "pixels that a smaller source's shorter side is brought to while it is worked on; 0 for none" };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "write over a result that is there already" };
    private readonly EngineOptions engine = new();
    private readonly TellingOptions telling = new();

    /// <summary>A clip as a command line describes it, looked at as far as that takes no time.</summary>
    internal sealed record Planned(ClipJob Job, InpaintOptions How, EngineChoice Chosen);

    public static Command Create()
    {
        InpaintCommand definition = new();
        Command command = definition.Define();
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    /// <summary>The command, to be read with; what it does is not set.</summary>
    public Command Define()
    {
        Command command = new("inpaint", "Inpaints one clip.")
        {
            video, mask, prompt, output, loras, strength, frames, rate, steps,
            guidance, negative, seed, noExpansion, showFrame, noAudio, quality, mode,
            recipe, loraKind, workingSide, yes,
        };
        engine.AddTo(command);
        telling.AddTo(command);
        return command;
    }

    /// <summary>
    /// What is wrong with the numbers or a file is said before the model is loaded, which may take minutes, and first what is found at once.
    /// </summary>
    public Planned Plan(ParseResult arguments)
    {
        ClipJob job = Job(arguments);
        LoraChoice.Check(job.Parameters.Loras);
        InpaintOptions how = How(arguments);
        EngineChoice chosen = engine.Choose(arguments);
        foreach (LoraChoice lora in job.Parameters.Loras) OpenOnce(lora.Path);
        return new Planned(job, how, chosen);
    }

    /// <summary>What came of a clip, for programs.</summary>
    public static object Outcome(ClipJob job, ClipResult result) => new
    {
        job.Output,
        result.Size.Width,
        result.Size.Height,
        result.Frames,
        result.HasSound,
        job.Parameters.Seed,
        result.Report.Prompt,
        Seconds = Math.Round(result.Stages.Sum(stage => stage.Time.TotalSeconds), 3),
        Stages = result.Stages.Select(stage => new { stage.Stage, Seconds = Math.Round(stage.Time.TotalSeconds, 3) }),
        result.Notes,
    };

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        (ClipJob job, InpaintOptions how, EngineChoice chosen) = Plan(arguments);
        bool isQuiet = telling.IsQuiet(arguments);
        ClipFiles files = await ClipFiles.ProbeAsync(job, MediaLimits.Default, cancellation);
        using InpaintEngine loaded = await chosen.LoadAsync(how, isQuiet);
        ClipInpainter inpainter = new(loaded, MediaLimits.Default);
        ClipResult result = await ConsoleProgress.ShowAsync(progress => inpainter.RunAsync(job, progress, cancellation, files), isQuiet);
        string[] prompted = result.Report.Prompt == job.Parameters.Prompt ? [] : [$"prompt: {result.Report.Prompt}"];
        string sound = result.HasSound ? "with sound" : "no sound";
        string made = $"{job.Output}: {result.Size}, {result.Frames} frames, {sound}, seed {job.Parameters.Seed}";
        telling.Tell(arguments, Outcome(job, result), [.. result.Notes, .. prompted, made, ConsoleProgress.Timings(result.Stages)]);
        return 0;
    }

    private InpaintOptions How(ParseResult arguments)
    {
        string named = arguments.GetValue(recipe)!;
        if (arguments.GetValue(workingSide) is { } side && side != 0) CommandFailure.Within("--working-short-side", side, 64, 8192);
        InpaintOptions how = new(named.Length == 0 ? null : named, ModelLocator.Recipes, WorkingShortSide: arguments.GetValue(workingSide), LoraKind: arguments.GetValue(loraKind), ShowFrame: arguments.GetValue(showFrame));
        if (how.Recipe is not null) RecipeBook.Open(how.Recipe, how.RecipeFolder);
        return how;
    }

    private ClipJob Job(ParseResult arguments)
    {
        string source = Named(video, arguments), masked = Named(mask, arguments);
        string result = OutputPath.Video("--out", arguments.GetValue(output)!, arguments.GetValue(yes), source, masked);
        GenerationParameters open = InpaintInput.Defaults.ToParameters([]);
        return new ClipJob(
            source,
            masked,
            open with
            {
                Prompt = arguments.GetValue(prompt)!,
                ExpandPrompt = !arguments.GetValue(noExpansion),
                NegativePrompt = arguments.GetValue(negative)!,
                VideoStrength = strength.Read(arguments),
                Steps = steps.Read(arguments),
                GuidanceScale = guidance.Read(arguments),
                GenerateAudio = !arguments.GetValue(noAudio),
                Seed = arguments.GetValue(seed) ?? open.Seed,
                Loras = [.. (arguments.GetValue(loras) ?? []).Select(LoraChoiceText.Parse)],
            },
            result)
        {
            Frames = frames.Read(arguments),
            FramesPerSecond = rate.Read(arguments),
            Quality = arguments.GetValue(quality),
            WriteMode = arguments.GetValue(mode),
        };
    }

    private static string Named(Option<string> option, ParseResult arguments) =>
        arguments.GetValue(option) is { Length: > 0 } path ? path : throw CommandFailure.Wrong($"{option.Name} is empty.");

    private static void OpenOnce(string lora)
    {
        LibTorch.Load();
        using LoraFile file = LoraFile.Open(lora);
    }
}
