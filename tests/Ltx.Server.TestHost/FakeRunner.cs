using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Queue;

namespace Ltx.Server.TestHost;

/// <summary>
/// Behaves like the engine as far as the server can see. Words in the prompt choose the ending: [throw], [reject], [quote], [oom], [size=N].
/// The output is made from the prompt and the seed alone.
/// </summary>
internal sealed class FakeRunner(FakeEngine engine) : IInpaintRunner
{
    /// <summary>Every run that began, in order: id and attempt.</summary>
    public ConcurrentQueue<(string Id, int Attempt)> Began { get; } = new();

    /// <summary>When each run stopped using the device, by request.</summary>
    public ConcurrentDictionary<string, long> Ended { get; } = new();

    public ConcurrentQueue<RunJob> Jobs { get; } = new();

    public IReadOnlyList<DeviceMemory> Memory => [new DeviceMemory("fake:0", 1000, 4000)];

    /// <summary>LoRAs that were read ahead, by their URLs, in order.</summary>
    public ConcurrentQueue<string> Prepared { get; } = new();

    public void Prepare(IReadOnlyList<FetchedFile> loras)
    {
        foreach (var lora in KeepsJobs ? loras : [])
        {
            Prepared.Enqueue(File.ReadAllText(lora.Path));
        }
    }

    /// <summary>Jobs are kept for tests that look at them; a test of memory turns it off.</summary>
    public bool KeepsJobs { get; set; } = true;

    public Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct)
    {
        progress.Report(new LoadStatus("everything", 3_000_000_000, 1.5, 0.25));
        return engine.Load?.PassAsync(ct) ?? Task.CompletedTask;
    }

    public async Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct)
    {
        if (KeepsJobs)
        {
            Began.Enqueue((job.RequestId, job.Attempt));
            Jobs.Enqueue(job);
        }

        try
        {
            return await StepsAsync(job, progress, ct);
        }
        finally
        {
            if (KeepsJobs)
            {
                Ended[job.RequestId] = Stopwatch.GetTimestamp();
            }
        }
    }

    private async Task<RunResult> StepsAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var request = job.Request;
        for (var step = 1; step <= request.NumInferenceSteps; step++)
        {
            progress.Report(new RunProgress("denoising", step, request.NumInferenceSteps, (double)step / request.NumInferenceSteps, engine.StepTime.TotalSeconds * (request.NumInferenceSteps - step))
            {
                Log = $"Denoising {step}/{request.NumInferenceSteps} \u2013 \u00e4\u6f22\ud83c\udfac",
            });
            var burners = Enumerable.Range(0, engine.BusyThreads).Select(_ => Task.Factory.StartNew(() => Burn(engine.StepTime, ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            await Task.Delay(engine.StepTime, ct);
            if (step == 4 && engine.FourthStep is { } gate)
            {
                await gate.PassAsync(ct);
            }

            await Task.WhenAll(burners);
        }

        if (request.Prompt.Contains("[throw]", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("The fake runner was asked to throw.");
        }

        if (request.Prompt.Contains("[reject]", StringComparison.Ordinal))
        {
            return new RunResult.Rejected(new FalDetail("content_policy_violation", ["body", "prompt"], "The content could not be processed because it contained material flagged by a content checker."));
        }

        if (request.Prompt.Contains("[quote]", StringComparison.Ordinal))
        {
            return new RunResult.Rejected(new FalDetail("value_error", ["body", "loras", 0, "path"], $"Its metadata gives a factor as \"{new string('9', 3_000_000)}\", which is none."));
        }

        if (request.Prompt.Contains("[oom]", StringComparison.Ordinal))
        {
            return new RunResult.Failed(FalError.Plain(500, "CUDA error: out of memory"));
        }

        var seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var path = Path.Combine(job.OutputFolder, "out.mp4");
        await File.WriteAllBytesAsync(path, Content(request.Prompt, seed), ct);
        return new RunResult.Succeeded(path, "video/mp4", seed, request.Prompt, 1280, 720, request.NumFrames, new Dictionary<string, double> { ["denoising"] = Stopwatch.GetElapsedTime(began).TotalSeconds });
    }

    public static byte[] Content(string prompt, long seed)
    {
        var size = prompt.IndexOf("[size=", StringComparison.Ordinal) is var at and >= 0 ? int.Parse(prompt.AsSpan(at + 6, prompt.IndexOf(']', at) - at - 6)) : 1000;
        var content = new byte[size];
        new Random(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{prompt}|{seed}")))).NextBytes(content);
        return content;
    }

    private static void Burn(TimeSpan time, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var x = 1.0;
        while (!ct.IsCancellationRequested && Stopwatch.GetElapsedTime(began) < time)
        {
            for (var i = 0; i < 10_000; i++)
            {
                x = Math.Sqrt(x + i);
            }
        }

        GC.KeepAlive(x);
    }
}
