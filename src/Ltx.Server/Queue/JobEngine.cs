using Ltx.Server.Files;
using Ltx.Server.Storage;

namespace Ltx.Server.Queue;

/// <summary>The engine as a job uses it: with a folder to work in, and the store that takes what comes out.</summary>
internal sealed class JobEngine(IInpaintRunner runner, DataFolder folder, FileStore files, ILogger<JobEngine> logger)
{
    public Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct) => runner.RunAsync(job, progress, ct);

    /// <summary>An empty folder for the request's run.</summary>
    public string BeginWork(LiveRequest request) => Directory.CreateDirectory(folder.WorkOf(request.Id)).FullName;

    public void EndWork(LiveRequest request) => OwnFiles.TryRemove(folder.WorkOf(request.Id), logger);

    /// <summary>Moves a run's output into the store.</summary>
    public Task<StoredFile> KeepAsync(LiveRequest request, RunResult.Succeeded made) =>
        files.AdoptOutputAsync(request.Id, request.Stored.Owner, made.OutputPath, made.ContentType, request.Stored.OutputSeconds);
}
