using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>Brings all inputs of a request to the local disk, side by side. Files of ours never go over the network.</summary>
internal sealed partial class InputFetcher(IFetcher fetcher, FileStore files, ILogger<InputFetcher> logger)
{
    /// <summary>All inputs, or what is wrong with the first that failed.</summary>
    public Task<(FetchedInputs? Inputs, InputProblem? Problem)> FetchAsync(JobInput input, CancellationToken ct) =>
        FetchAsync(input, (wanted, _, stop) => OpenAsync(wanted.Url, wanted.Kind, stop), ct);

    /// <summary>The same, by a way of one's own to each of them.</summary>
    /// <param name="input">names them</param>
    /// <param name="open">gives a file, and is told its place among them; what is refused is a FetchException</param>
    /// <param name="ct">ends it; nothing is left then</param>
    public async Task<(FetchedInputs? Inputs, InputProblem? Problem)> FetchAsync(
        JobInput input, Func<WantedFile, int, CancellationToken, Task<FetchedFile>> open, CancellationToken ct)
    {
        using var stopOthers = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var fetches = input.Files.Select((wanted, place) => OneAsync(wanted, () => open(wanted, place, stopOthers.Token), stopOthers)).ToArray();
        List<FetchedFile> got = [];
        InputProblem? problem = null;
        Exception? failure = null;
        foreach (var fetch in fetches)
        {
            try
            {
                got.Add(await fetch);
            }
            catch (InputProblemException e)
            {
                problem ??= e.Problem;
            }
            catch (Exception e)
            {
                failure ??= e; // thrown again below, once nothing is left open
            }
        }

        if (problem is null && failure is null)
        {
            return (new FetchedInputs(input, got), null);
        }

        foreach (var file in got)
        {
            await file.DisposeAsync();
        }

        if (problem is not null)
        {
            return (null, problem);
        }

        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure!);
        return default;
    }

    /// <summary>One file: ours from the disk, others through the downloader.</summary>
    /// <exception cref="FetchException">It is refused, or cannot be had.</exception>
    public async Task<FetchedFile> OpenAsync(string url, FetchKind kind, CancellationToken ct)
    {
        if (files.IdFromUrl(url) is { } id && files.Lease(id) is { } lease)
        {
            if (lease.File.Size > fetcher.LimitOf(kind))
            {
                lease.Dispose();
                throw FetchException.TooLarge(fetcher.LimitOf(kind));
            }

            return new FetchedFile(lease.Path, lease.File.ETag!, lease.File.Size, lease.File.ContentType, () =>
            {
                lease.Dispose();
                return ValueTask.CompletedTask;
            });
        }

        return await fetcher.FetchAsync(new FetchRequest(url, kind), ct);
    }

    /// <summary>What the client is told of a fetch that failed.</summary>
    public static FalDetail Problem(FetchException e, string url, IReadOnlyList<object> location) => new(e.Type, location, e.FalMessage)
    {
        Context = e.Context,
        InputJson = FalJson.Text(json => json.WriteStringValue(InputUrl.Redact(url))),
    };

    private async Task<FetchedFile> OneAsync(WantedFile wanted, Func<Task<FetchedFile>> open, CancellationTokenSource stopOthers)
    {
        try
        {
            return await open();
        }
        catch (FetchException e)
        {
            Refused(logger, e.Message);
            await stopOthers.CancelAsync();
            throw new InputProblemException(new InputProblem([Problem(e, wanted.Url, wanted.Location)], e.Message));
        }
    }

    private sealed class InputProblemException(InputProblem problem) : Exception(problem.Reason)
    {
        public InputProblem Problem { get; } = problem;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An input could not be fetched: {Reason}")]
    private static partial void Refused(ILogger logger, string reason);
}

/// <summary>Why the inputs could not be had.</summary>
/// <param name="Details">fal's entries; of a file that cannot be fetched one, whose message is fal's own wording</param>
/// <param name="Reason">what happened to that file, in a sentence that helps; for the request's log</param>
internal sealed record InputProblem(IReadOnlyList<FalDetail> Details, string? Reason);
