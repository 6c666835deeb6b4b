using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Server.Configuration;
using Ltx.Server.Diagnosis;
using Ltx.Server.Media;
using Ltx.Training;
using Ltx.Training.Planning;

namespace Ltx.Server.Commands;

/// <summary>`ltx doctor`: what this machine has, what it lacks, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<string?> plan = new("--plan") { Description = "print how a clip of WIDTHxHEIGHTxFRAMES fits on cards of several sizes", HelpName = "WxHxF" };
        Option<string> model = new("--model") { Description = "what to plan for: a model folder, the name of one under models/, or of a preset", DefaultValueFactory = _ => MemoryPlans.DefaultModel };
        Option<bool> showFrame = new("--show-frame") { Description = "count what the text model sees with, as a server with Inpaint:ShowFrame does" };
        Option<string> config = new("--config") { Description = "JSON file with a server's settings; ltx.json in the current folder is read when it is there" };
        Option<string[]> set = new("--set") { Description = "any setting, as for `ltx serve`: --set Inpaint:Recipe=hq", AllowMultipleArgumentsPerToken = false };
        Option<string?> train = new("--train")
        {
            Description =
                $"with --plan: how a training with such clips fits; which kind, inpaint where it is not said: {string.Join(", ", TrainingKinds.All)}",
            HelpName = "KIND",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int> rank = new("--rank") { Description = "with --train: of the LoRA", DefaultValueFactory = _ => 32 };
        Command command = new("doctor", "Looks at libtorch, GPU, ffmpeg, memory and models, and says what is missing.") { plan, train, rank, model, showFrame, config, set };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(async () =>
        {
            LtxOptions options = ConfigurationSources.Read(ConfigurationSources.Build(arguments.GetValue(config), arguments.GetValue(set) ?? []));
            InpaintOptions settings = options.Inpaint.ToEngine(ModelLocator.Recipes, options.Limits.MaxPixels);
            if (arguments.GetValue(plan) is { } size)
            {
                if (arguments.GetResult(train) is not null)
                {
                    string named = arguments.GetValue(train) ?? TrainingKinds.NameOf(TrainingKind.Inpaint);
                    TrainingKind kind = TrainingKinds.Find(named)
                        ?? throw CommandFailure.Wrong($"--train is {named}, and must be one of {string.Join(", ", TrainingKinds.All)}.");
                    RequestShape clip = MemoryPlans.Size(size);
                    TrainingShape shape = new(new PixelShape(clip.Frames, clip.Height, clip.Width), kind, arguments.GetValue(rank));
                    TrainingPlans.Write(shape, TrainingPlans.Planner(arguments.GetValue(model)!), Console.Out);
                    return 0;
                }
                bool sees = arguments.GetValue(showFrame) || settings.ShowFrame;
                MemoryPlans.Write(MemoryPlans.Of(arguments.GetValue(model)!, MemoryPlans.Size(size), settings), MemoryPlans.Planner(arguments.GetValue(model)!, sees), HostMemory.Available, Console.Out);
                return 0;
            }
            bool healthy = true;
            await foreach (Finding finding in Doctor.ExamineAsync(settings, cancellation))
            {
                Console.WriteLine($"{(finding.Verdict switch { Verdict.Good => "ok     ", Verdict.Missing => "MISSING", _ => "-      " })}  {finding.What,-10}  {finding.Fact}");
                if (finding.Advice is { } advice) Console.WriteLine($"{"",21}{advice}");
                healthy &= finding.Verdict != Verdict.Missing;
            }
            return healthy ? 0 : CommandFailure.Ours;
        }, cancellation));
        return command;
    }
}
