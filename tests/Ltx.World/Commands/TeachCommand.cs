using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Training;
using Ltx.Training.Checkpoints;
using Ltx.Training.Steps;
using Ltx.World.Teaching;
using TorchSharp;

namespace Ltx.World.Commands;

/// <summary>`teach`: goes on training the miniature with its own world, all weights of its video stream; killed at any instant, it goes on from its last state.</summary>
internal static class TeachCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = "for what is encoded, states and the model that comes of it" };
        Option<string> model = new("--model") { Description = "where to begin: a name or a folder", DefaultValueFactory = _ => ModelLocator.Default };
        Option<int> halves = new("--halves") { DefaultValueFactory = _ => 300, Description = "stages at half size" };
        Option<int> wholes = new("--wholes") { DefaultValueFactory = _ => 40, Description = "stages at full size" };
        Option<int> steps = new("--steps") { DefaultValueFactory = _ => 20000, Description = "of the whole training" };
        Option<int> batch = new("--batch") { DefaultValueFactory = _ => 4, Description = "scenes a step" };
        Option<double> rate = new("--learning-rate") { DefaultValueFactory = _ => 3e-4, Description = "at the beginning" };
        Option<int> every = new("--checkpoint-every") { DefaultValueFactory = _ => 500, Description = "steps between two states" };
        Command command = new("teach", "Goes on training the miniature.") { folder, model, halves, wholes, steps, batch, rate, every };
        command.SetAction((arguments, cancellation) =>
        {
            TrainingOptions options = new()
            {
                Kind = TrainingKind.MaskedVideoToVideo, Full = true, Steps = arguments.GetValue(steps), Batch = arguments.GetValue(batch), LearningRate = arguments.GetValue(rate),
                CheckpointEvery = arguments.GetValue(every),
            };
            Run(arguments.GetValue(folder)!, arguments.GetValue(model)!, arguments.GetValue(halves), arguments.GetValue(wholes), options, cancellation);
            return Task.FromResult(0);
        });
        return command;
    }

    // Stages and steps between two lines.
    private const int Every = 50;

    private static void Run(string folder, string model, int halves, int wholes, TrainingOptions options, CancellationToken cancellation)
    {
        LibTorch.Load();
        string encoded = Directory.CreateDirectory(Path.Combine(folder, "encoded")).FullName;
        using InpaintModels models = new(ModelLocator.Open(model), torch.CPU, torch.ScalarType.Float32);
        KnownScenes scenes = new(new SceneEncoder(models), encoded, halves, wholes, done =>
        {
            if (done % Every == 0) Console.WriteLine($"{done} of {halves + wholes} stages encoded");
        });
        TrainingIdentity identity = new(model, string.Create(CultureInfo.InvariantCulture, $"known, {halves} halves, {wholes} wholes"));
        using Trainer trainer = new(new TrainedModel(models.Transformer, models.VideoScale, () => { }), scenes, options, new TrainingFolder(folder), identity);
        Stopwatch watch = Stopwatch.StartNew();
        double loss = 0;
        while (!trainer.IsComplete && !cancellation.IsCancellationRequested)
        {
            loss += trainer.Next().Loss / Every;
            if (trainer.Done % Every != 0) continue;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trainer.Done} of {options.Steps}: loss {loss:F4}, {watch.Elapsed.TotalSeconds / (trainer.Done - trainer.ResumedFrom):F2} s a step"));
            loss = 0;
        }
    }
}
