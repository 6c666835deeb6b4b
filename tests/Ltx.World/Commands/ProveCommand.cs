using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Ltx.World.Judging;

namespace Ltx.World.Commands;

/// <summary>`prove`: a LoRA is trained by `ltx train` on the CPU and used by `ltx inpaint`, and what was learned is measured.</summary>
internal static class ProveCommand
{
    public static Command Create()
    {
        Argument<string> lesson = new("lesson") { Description = $"{string.Join(" or ", Lessons.All.Select(lesson => lesson.Name))}" };
        Argument<string> folder = new("folder") { Description = "for all that is made, and proof.log; a LoRA that was trained there is judged anew" };
        Option<string> model = new("--model") { Description = "a name or a folder", DefaultValueFactory = _ => "miniature" };
        Command command = new("prove", "Trains a LoRA and measures what it was taught; the exit code says whether it was.") { lesson, folder, model };
        command.SetAction(async (arguments, _) =>
            await RunAsync(Lessons.Of(arguments.GetValue(lesson)!), arguments.GetValue(folder)!, arguments.GetValue(model)!) ? 0 : 1);
        return command;
    }

    private static async Task<bool> RunAsync(Lesson lesson, string folder, string model)
    {
        string root = Path.GetFullPath(Directory.CreateDirectory(folder).FullName), set = Path.Combine(root, "set"), trained = Path.Combine(root, "trained");
        await using Transcript output = new(Path.Combine(root, "proof.log"));
        string lora = Path.Combine(trained, "lora.safetensors");
        if (!File.Exists(lora)) await TrainAsync(lesson, root, set, trained, model, output);
        return await lesson.JudgeAsync(root, model, lora, output);
    }

    private static async Task TrainAsync(Lesson lesson, string root, string set, string trained, string model, Transcript output)
    {
        await lesson.WriteSetAsync(set, Lesson.Clips);
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        string[] training = ["train", "--data", set, "--out", trained, "--model", model, "--device", "cpu", .. lesson.Training];
        await output.WriteLineAsync($"ltx {string.Join(' ', training)}");
        await LtxCommand.RunAsync(Path.Combine(root, "train.log"), training);
        double processor = (Environment.CpuUsage.TotalTime - before).TotalMinutes;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMinutes:F1} minutes, {processor:F1} of processors' time"));
    }

    /// <summary>Text that goes to the console and into a file.</summary>
    private sealed class Transcript(string path) : StringWriter(CultureInfo.InvariantCulture)
    {
        private readonly TextWriter console = Console.Out;
        private readonly StreamWriter file = new(path, append: true) { AutoFlush = true };

        public override async Task WriteLineAsync(string? value)
        {
            await console.WriteLineAsync(value);
            await file.WriteLineAsync(value);
        }

        public override async ValueTask DisposeAsync()
        {
            await file.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
