using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ltx.Inference;
using Ltx.Server.Fal;
using Ltx.Server.Queue;
using Ltx.Training.Data;

namespace Ltx.Server.TestHost;

/// <summary>
/// Behaves like the trainer as far as the server can see: what it makes depends on the data set and on every step, and a state in the job's folder
/// lets it go on. Words in the trigger phrase choose another ending: [data], [nothing], [field], [plan], [model], [throw]. With [hold=N] the first N
/// attempts stand still, each one state and <see cref="Behind"/> steps behind the one before it.
/// </summary>
internal sealed class FakeTrainer(FakeEngine engine) : ITrainingRunner
{
    /// <summary>Steps after which it keeps a state.</summary>
    public const int Checkpoint = 20;

    public const int Behind = 3;

    /// <summary>Its previews are the film of the first validation clip, for who looks at them; otherwise all prompts.</summary>
    public bool ShowsClips { get; init; }

    /// <summary>Every job that began, in order.</summary>
    public ConcurrentQueue<TrainingJob> Jobs { get; } = new();

    public async Task<TrainedFiles> RunAsync(TrainingJob job, IProgress<TrainingProgress> progress, CancellationToken ct)
    {
        Jobs.Enqueue(job);
        Fail(job.Input.TriggerPhrase);
        var steps = job.Input.NumberOfSteps;
        var (done, learned) = await RestoreAsync(job);
        progress.Report(new TrainingProgress("preparation", 1, 1, 0) { Log = done == 0 ? "Begins." : $"Goes on behind step {done}." });
        for (var step = done + 1; step <= steps; step++)
        {
            try
            {
                await Task.Delay(engine.StepTime, ct);
                if (step == 4 && engine.FourthTrainingStep is { } gate)
                {
                    await gate.PassAsync(ct);
                }

                if (step == (Checkpoint * job.Attempt) + Behind + 1 && job.Attempt <= Holds(job.Input.TriggerPhrase))
                {
                    await Task.Delay(Timeout.Infinite, ct);
                }
            }
            catch (OperationCanceledException) when (job.ComesBack())
            {
                Write(job, step - 1, learned);
                throw;
            }

            learned = Learned(learned, step);
            var isKept = step % Checkpoint == 0;
            if (isKept)
            {
                Write(job, step, learned);
            }

            progress.Report(new TrainingProgress("training", step, steps, (double)step / steps)
            {
                Loss = 1.0 / step, SecondsLeft = engine.StepTime.TotalSeconds * (steps - step), IsKept = isKept,
            });
        }

        return Files(job, learned);
    }

    /// <summary>What comes of a data set, if nothing comes in between.</summary>
    public static byte[] Lora(byte[] dataSet, int steps) =>
        Enumerable.Range(1, steps).Aggregate(SHA256.HashData(dataSet), Learned);

    private static byte[] Learned(byte[] before, int step) => SHA256.HashData([.. before, .. BitConverter.GetBytes(step)]);

    private static int Holds(string words) =>
        words.IndexOf("[hold=", StringComparison.Ordinal) is var at and >= 0 ? int.Parse(words.AsSpan(at + 6, words.IndexOf(']', at) - at - 6)) : 0;

    private static void Fail(string words)
    {
        bool Says(string word) => words.Contains($"[{word}]", StringComparison.Ordinal);
        if (Says("data"))
        {
            DataSetRefusal one = new("a.mp4", "The clip has no mask."), other = new("b.mp4", "It has 5 frames, and 89 are needed.");
            throw DataSetException.NothingLeft([one, other]);
        }

        if (Says("nothing"))
        {
            throw new DataSetException("The archive is no zip file, or one that is damaged or cut off.");
        }

        if (Says("field"))
        {
            object[] place = ["body", "validation", 0, "video_url"];
            throw new TrainingRefusedException(new FalDetail("unsupported_video_format", place, "The source has no frames."));
        }

        if (Says("plan"))
        {
            throw new InferenceException(Fault.Input, "960x544x89 does not fit: 41 GB are needed, and there are 24.");
        }

        if (Says("model"))
        {
            throw new InferenceException(Fault.Internal, "The video encoder gave numbers that are not finite.");
        }

        if (Says("throw"))
        {
            throw new InvalidOperationException("The fake trainer was asked to throw.");
        }
    }

    private static string State(TrainingJob job) => Path.Combine(job.Folder, "state");

    private static async Task<(int Step, byte[] Learned)> RestoreAsync(TrainingJob job)
    {
        if (!File.Exists(State(job)))
        {
            return (0, SHA256.HashData(await File.ReadAllBytesAsync(job.DataSet.Path)));
        }

        var words = (await File.ReadAllTextAsync(State(job))).Split(' ');
        return (int.Parse(words[0], CultureInfo.InvariantCulture), Convert.FromHexString(words[1]));
    }

    private static void Write(TrainingJob job, int step, byte[] learned)
    {
        File.WriteAllText(State(job) + ".new", $"{step} {Convert.ToHexString(learned)}");
        File.Move(State(job) + ".new", State(job), overwrite: true);
    }

    private TrainedFiles Files(TrainingJob job, byte[] learned)
    {
        string Make(string name, byte[] content)
        {
            var path = Path.Combine(job.Folder, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        byte[] Previews() => ShowsClips
            ? File.ReadAllBytes(job.Validation[0].Video!.Path)
            : Encoding.UTF8.GetBytes(string.Join('\n', job.Validation.Select(clip => clip.Prompt)));
        return new TrainedFiles(
            Make("lora.safetensors", learned),
            Make("config.json", Encoding.UTF8.GetBytes($$"""{"rank": {{job.Input.Rank}}}""")),
            job.Validation.Count == 0 ? null : Make("previews.mp4", Previews()),
            job.Input.DebugDataset ? Make("dataset.zip", [0x50, 0x4B]) : null,
            new Dictionary<string, double> { ["training"] = 1 });
    }
}
