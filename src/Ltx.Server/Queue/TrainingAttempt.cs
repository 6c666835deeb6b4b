using Ltx.Inference;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>
/// One attempt at a training: input, downloads, the training, its files. Its folder stays whatever comes of the attempt; whoever ends the request
/// removes it, once the end is on disk.
/// </summary>
internal sealed partial class TrainingAttempt(
    LtxOptions options,
    TrainingInputs inputs,
    TrainingFolders folders,
    FileStore files,
    JobRecord record,
    TimeProvider clock,
    ITrainingRunner runner,
    ILogger<TrainingAttempt> logger) : IAttempt
{
    private const string InputStage = "inputs", Film = "video";

    public JobKind Kind => JobKind.Training;

    public TimeSpan Longest => TimeSpan.FromSeconds(options.Training.TimeoutSeconds);

    public async Task<RequestOutcome> RunAsync(LiveRequest request, int worker, CancellationToken ct)
    {
        // It may have waited through a start with other settings.
        if (!options.Training.Enabled)
        {
            return Refused(request, 0, FalMessages.NotTraining);
        }

        // 1. The input as it was stored; data set and validation clips on the local disk.
        request.SetProgress(new RunProgress(InputStage, 0, 0, 0, null));
        var began = clock.GetTimestamp();
        var (fetched, problem) = await inputs.FetchAsync(request, ct);
        if (fetched is null)
        {
            if (problem!.Reason is { } reason)
            {
                record.Log(request, "ERROR", reason);
            }

            return RequestOutcome.Failure(FalError.Invalid(problem.Details), Seconds(began));
        }

        await using var _ = fetched;
        var fetchSeconds = Seconds(began);
        record.Log(request, "INFO", $"Inputs are here ({fetchSeconds:F1} s).");

        // 2. The training.
        began = clock.GetTimestamp();
        var input = (TrainingInput)fetched.Input;
        TrainedFiles made;
        try
        {
            made = await runner.RunAsync(Job(request, input, fetched), new TrainingLog(record, request, clock), ct);
        }
        catch (Exception e) when (TrainingRefusal.Of(e) is { } details)
        {
            return Refused(request, Seconds(began), [.. details]);
        }
        catch (InferenceException e)
        {
            Failed(logger, request.Id, e);
            return RequestOutcome.Failure(FalError.Model(500, "internal_server_error", e.Message, retryable: true), Seconds(began));
        }

        // 3. Its files.
        var seconds = Seconds(began);
        var timings = made.StageSeconds.Prepend(KeyValuePair.Create(InputStage, fetchSeconds));
        var outputs = await KeepAsync(request, made);
        record.Log(request, "INFO", $"Finished in {seconds:F1} s.");
        return new RequestOutcome
        {
            StatusCode = 200,
            Result = FalJson.Text(json =>
            {
                json.WriteStartObject();
                foreach (var (name, file) in outputs)
                {
                    ResultBody.WriteStored(json, name, file);
                }

                json.WriteEndObject();
            }),
            Units = input.NumberOfSteps, // fal's price is per step
            Seconds = seconds,
            Timings = FalJson.Text(json => FalJson.WriteValue(json, timings.ToDictionary(t => t.Key, t => (object?)Math.Round(t.Value, 3)))),
            Outputs = [.. outputs.Select(output => output.File)],
            Film = outputs.FirstOrDefault(output => output.Name == Film).File,
        };
    }

    public void End(LiveRequest request)
    {
    }

    private TrainingJob Job(LiveRequest request, TrainingInput input, FetchedInputs fetched)
    {
        using var rest = fetched.Files.Skip(1).GetEnumerator();
        List<ValidationClip> clips = [];
        foreach (var clip in input.Validation)
        {
            clips.Add(new ValidationClip(clip.Prompt, Next(clip.VideoUrl), Next(clip.MaskUrl), Next(clip.ReferenceVideoUrl), Next(clip.ImageUrl)));
        }

        bool ComesBack() => request.StopReason == StopReason.ServerStopping && !request.Stored.Sync;
        return new TrainingJob(request.Id, request.Attempts, input, fetched.Files[0], clips, folders.Work(request.Id), ComesBack);

        // In the order in which the input names them.
        FetchedFile? Next(string? url) =>
            url is null ? null : rest.MoveNext() ? rest.Current : throw new InvalidOperationException("A validation clip has no file.");
    }

    private async Task<List<(string Name, StoredFile File)>> KeepAsync(LiveRequest request, TrainedFiles made)
    {
        List<(string, StoredFile)> kept = [];
        foreach (var (name, path, type) in new[]
        {
            ("lora_file", made.Lora, ContentTypes.Unknown),
            ("config_file", made.Config, "application/json"),
            (Film, made.Previews, "video/mp4"),
            ("debug_dataset", made.DataSet, "application/zip"),
        })
        {
            if (path is not null)
            {
                var file = await files.ShareOutputAsync(request.Id, request.Stored.Owner, path, type, request.Stored.OutputSeconds);
                kept.Add((name, file));
            }
        }

        return kept;
    }

    private RequestOutcome Refused(LiveRequest request, double seconds, params IReadOnlyList<FalDetail> details)
    {
        foreach (var detail in details)
        {
            record.Log(request, "ERROR", detail.Message);
        }

        return RequestOutcome.Failure(FalError.Invalid(details), seconds);
    }

    private double Seconds(long began) => clock.GetElapsedTime(began).TotalSeconds;

    [LoggerMessage(Level = LogLevel.Error, Message = "The training of request {Id} failed")]
    private static partial void Failed(ILogger logger, string id, Exception e);
}
