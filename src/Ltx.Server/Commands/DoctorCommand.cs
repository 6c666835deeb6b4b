using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Server.Configuration;
using Ltx.Server.Diagnosis;
using Ltx.Server.Media;

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
        Command command = new("doctor", "Looks at libtorch, GPU, ffmpeg, memory and models, and says what is missing.") { plan, model, showFrame, config, set };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(async () =>
        {
            LtxOptions options = ConfigurationSources.Read(ConfigurationSources.Build(arguments.GetValue(config), arguments.GetValue(set) ?? []));
            InpaintOptions settings = options.Inpaint.ToEngine(ModelLocator.Recipes, options.Limits.MaxPixels);
            if (arguments.GetValue(plan) is { } size)
            {
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
