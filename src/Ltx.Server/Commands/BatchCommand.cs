using System.CommandLine;
using Ltx.Inference.Generation;
using Ltx.Server.Comparing;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>`ltx batch`: a clip a line of a CSV file, each as `ltx inpaint` would do it, with the model loaded once.</summary>
internal sealed class BatchCommand
{
    // What stands in a file is relative to that file.
    private static readonly string[] PathColumns = ["video", "mask", "lora"];

    private readonly Argument<string> file = new("file")
    {
        Description = "CSV file: columns video, mask and prompt, and any other option of ltx inpaint by its name (out, seed, lora, ...)",
    };
    private readonly Option<string> output = new("--out", "-o")
    {
        Required = true,
        Description = "folder for the results; a line's own out is a name in it, and otherwise 01.mp4, 02.mp4, ...",
    };
    private readonly Option<bool> yes = new("--yes", "-y")
    {
        Description = "make again what is there already; otherwise it is left as it is, and a batch that was broken off goes on",
    };
    private readonly TellingOptions telling = new();

    /// <summary>A line of the file.</summary>
    /// <param name="IsThere">whether it has a result already</param>
    private sealed record Line(string Name, InpaintCommand.Planned Clip, bool IsThere);

    /// <summary>What came of a line: a result, or a sentence about why there is none.</summary>
    private sealed record Outcome(string State, string Sentence, object Value, int ExitCode);

    public static Command Create()
    {
        BatchCommand definition = new();
        Command command = new("batch", "Inpaints every clip of a CSV file; further options are those of ltx inpaint, for all of them.")
        {
            definition.file, definition.output, definition.yes,
        };
        definition.telling.AddTo(command);
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        string folder = OutputPath.Folder("--out", arguments.GetValue(output)!);
        List<Line> lines = Lines(arguments.GetValue(file)!, folder, arguments.GetValue(yes), arguments.UnmatchedTokens);
        bool isQuiet = telling.IsQuiet(arguments), isTold = !isQuiet && !telling.IsJson(arguments);
        List<Outcome> outcomes = [];
        InpaintEngine? loaded = null;
        try
        {
            Line? before = null;
            foreach (Line line in lines)
            {
                Outcome outcome = await OutcomeAsync(line);
                outcomes.Add(outcome);
                if (isTold) Console.WriteLine($"{outcome.State,-6}  {line.Name}  {outcome.Sentence}");
                else if (outcome.State == "FAILED") Console.Error.WriteLine($"ltx: {line.Name}: {outcome.Sentence}");
            }

            async Task<Outcome> OutcomeAsync(Line line)
            {
                ClipJob job = line.Clip.Job;
                if (line.IsThere) return new Outcome("there", "", new { job.Output, State = "there" }, 0);
                try
                {
                    ClipFiles files = await ClipFiles.ProbeAsync(job, MediaLimits.Default, cancellation);
                    if (before is null || !IsOfOneModel(before.Clip, line.Clip))
                    {
                        loaded?.Dispose();
                        loaded = null;
                        loaded = await line.Clip.Chosen.LoadAsync(line.Clip.How, isQuiet);
                        before = line;
                    }
                    ClipInpainter inpainter = new(loaded!, MediaLimits.Default);
                    ClipResult result = await ConsoleProgress.ShowAsync(progress => inpainter.RunAsync(job, progress, cancellation, files), isQuiet);
                    string made = $"{result.Size}, {result.Frames} frames, seed {job.Parameters.Seed}, {ConsoleProgress.Seconds(result.Stages)} s";
                    return new Outcome("made", made, InpaintCommand.Outcome(job, result), 0);
                }
                catch (Exception e) when (!cancellation.IsCancellationRequested)
                {
                    // One clip that cannot be used does not stand in the others' way.
                    (string sentence, int code) = CommandFailure.Told(e);
                    return new Outcome("FAILED", sentence, new { job.Output, State = "failed", Error = sentence }, code);
                }
            }
        }
        finally
        {
            loaded?.Dispose();
        }
        if (telling.IsJson(arguments)) TellingOptions.Print(outcomes.Select(outcome => outcome.Value));
        else if (isTold)
        {
            Console.WriteLine(string.Join(", ", outcomes.GroupBy(outcome => outcome.State).Select(group => $"{group.Count()} {Words(group.Key)}")));
        }
        return outcomes.Max(outcome => outcome.ExitCode);
    }

    // Every line is read before anything is done: who starts a night's work wants to know of its typing errors now.
    private static List<Line> Lines(string file, string folder, bool again, IReadOnlyList<string> common)
    {
        CsvFile clips = CsvFile.Read("<file>", file, "video", "mask", "prompt");
        string beside = Path.GetDirectoryName(Path.GetFullPath(file))!;
        List<Line> lines = [];
        HashSet<string> outputs = [];
        foreach ((int i, string[] row) in clips.Rows.Index())
        {
            InpaintCommand definition = new();
            Command command = definition.Define();
            string name = clips.Field(row, "out") is { Length: > 0 } own ? own.Trim() : $"{i + 1:00}.mp4";
            if (name != Path.GetFileName(name))
            {
                throw CommandFailure.Wrong($"line {i + 2} of {file}: out is \"{name}\", and must be a name in the folder of --out.");
            }
            string result = Path.Combine(folder, name);
            if (!outputs.Add(result)) throw CommandFailure.Wrong($"line {i + 2} of {file}: another line has the result {name}, too.");
            ParseResult parsed = CommandLine.Parse(command, [.. common, .. Options(clips, row, beside), "--out", result, "--yes"]);
            if (parsed.Errors.Count > 0) throw CommandFailure.Wrong($"line {i + 2} of {file}: {CommandLineMistakes.Sentence(parsed)}");
            lines.Add(new Line(name, definition.Plan(parsed), !again && File.Exists(result)));
        }
        return lines;
    }

    private static IEnumerable<string> Options(CsvFile clips, string[] row, string beside)
    {
        foreach ((string column, string value) in clips.Head.Zip(row, (column, value) => (column, value.Trim())))
        {
            // A switch is on where its column says true.
            if (column == "out" || value.Length == 0 || value.Equals("false", StringComparison.OrdinalIgnoreCase)) continue;
            // In one word, for a prompt may begin with a dash.
            yield return value.Equals("true", StringComparison.OrdinalIgnoreCase) ? $"--{column}"
                : $"--{column}={(PathColumns.Contains(column) ? Path.Combine(beside, value) : value)}";
        }
    }

    private static string Words(string state) => state switch { "there" => "there already", "FAILED" => "failed", _ => state };

    private static bool IsOfOneModel(InpaintCommand.Planned a, InpaintCommand.Planned b) =>
        a.How == b.How && a.Chosen.Model.Path == b.Chosen.Model.Path && a.Chosen.Type == b.Chosen.Type
            && a.Chosen.Device.ToString() == b.Chosen.Device.ToString();
}
