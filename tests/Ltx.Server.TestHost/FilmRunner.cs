using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Server.Fetch;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Video;

namespace Ltx.Server.TestHost;

/// <summary>
/// Stands in for the model before a page that shows films: the result is the source with a box whose colour the seed chooses. Stages, steps and log lines are
/// told as the engine tells them. Whoever asks for the most steps of the endpoint gets a run that stays in its fourth until it is cancelled: what a test wants to
/// see while a request runs, or waits behind it, does not depend on time then.
/// </summary>
internal sealed class FilmRunner : IInpaintRunner
{
    private const int MostSteps = 30, HeldStep = 4;

    public IReadOnlyList<DeviceMemory> Memory => [];

    public Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct) => Task.CompletedTask;

    public void Prepare(IReadOnlyList<FetchedFile> loras)
    {
    }

    public async Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct)
    {
        var request = job.Request;
        ProgressLog log = new(progress);
        for (var step = 0; step <= request.NumInferenceSteps; step++)
        {
            ct.ThrowIfCancellationRequested();
            log.Report(new InpaintProgress(InpaintStage.Stage1.Name(), step, request.NumInferenceSteps, 0.9 * step / request.NumInferenceSteps));
            if (request.NumInferenceSteps == MostSteps && step == HeldStep)
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
        }

        var source = await MediaProbe.ProbeAsync(job.Video.Path, cancellationToken: ct);
        var seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var path = Path.Combine(job.OutputFolder, "output.mp4");
        await DrawAsync(job.Video.Path, path, request.NumFrames, seed, ct);
        return new RunResult.Succeeded(
            path, "video/mp4", seed, request.Prompt, source.Width, source.Height, request.NumFrames, new Dictionary<string, double> { [InpaintStage.Stage1.Name()] = 1 });
    }

    private static async Task DrawAsync(string source, string target, int frames, long seed, CancellationToken ct)
    {
        var box = string.Create(CultureInfo.InvariantCulture, $"drawbox=iw/4:ih/4:iw/2:ih/2:0x{(seed ^ (seed >> 24)) & 0xFFFFFF:X6}:fill");
        using var ffmpeg = Process.Start(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-y", "-i", source, "-frames:v", frames.ToString(CultureInfo.InvariantCulture), "-vf", box,
                "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an", target,
            ]);
        await ffmpeg.WaitForExitAsync(ct);
        if (ffmpeg.ExitCode != 0)
        {
            throw new InvalidOperationException("ffmpeg made no film.");
        }
    }
}
