using System.Globalization;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;
using Ltx.Server.Http;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>What submit and sync run have in common: everything between the HTTP request and the queue.</summary>
internal sealed class Intake(LtxOptions options, RequestQueue queue, FileStore files, DiskBudget disk, KeyLimits limits, BodyReader bodies)
{
    /// <summary>The queued request, or the error that was found first. A refused one leaves nothing behind.</summary>
    public async Task<(LiveRequest? Request, FalError? Error)> TakeInAsync(HttpContext context, Application application, bool sync)
    {
        var caller = Caller.Of(context);

        // 1. What the request says about itself.
        var (headers, problem) = SubmitHeaders.Read(context.Request);
        if (headers is null)
        {
            return (null, problem);
        }

        var webhook = context.Request.Query["fal_webhook"].ToString();
        if (webhook.Length > 0 && !SafeUrl.TryParse(webhook, out _, out var wrong))
        {
            return (null, FalError.Infrastructure(400, "bad_request", $"fal_webhook must be an http or https URL: {wrong}."));
        }

        // 2. What the server can take.
        if (application.Kind == JobKind.Training && !options.Training.Enabled)
        {
            return (null, FalError.Invalid(FalMessages.NotTraining));
        }

        var bounds = Bounds(context, caller, application.Kind);
        if (Refusal(caller, bounds) is { } refusal)
        {
            return (null, refusal);
        }

        // 3. The input.
        using var body = await bodies.ReadAsync(context);
        var (document, broken) = JsonInput.Parse(body.Bytes, options.Limits.MaxJsonDepth);
        if (document is null)
        {
            return (null, FalError.Invalid(broken!));
        }

        using var parsed = document;
        var reading = InputReader.Read(application, document.RootElement);
        if (reading.Input is null && (sync || options.Fal.ValidateAtSubmit))
        {
            return (null, FalError.Invalid(reading.Problems));
        }

        // 4. Into the queue, where the bounds are looked at once more: others may have come while the body was read.
        NewRequest request = new()
        {
            Id = Guid.NewGuid().ToString(),
            Endpoint = application.Id,
            Owner = caller.Owner,
            Lane = headers.Lane,
            Sync = sync,
            BaseUrl = caller.QueueBase,
            Input = body.Bytes,
            ShortInput = RequestListing.Shorten(document.RootElement),
            StoreIo = headers.StoreIo,
            NoRetry = headers.NoRetry,
            LoraSet = reading.Input?.LoraSet ?? "",
            OutputLifetime = headers.OutputLifetime,
            StartWithin = headers.StartWithin,
            Webhook = webhook.Length > 0 && !sync ? webhook : null,
            InputFiles = [.. (reading.Input?.Files ?? []).Select(file => files.IdFromUrl(file.Url)).OfType<string>().Distinct()],
        };
        using var room = disk.Reserve(body.Bytes.Length > RequestStore.LargestInlineInput ? body.Bytes.Length : 0);
        return await queue.SubmitAsync(request, bounds);
    }

    private WaitingBounds Bounds(HttpContext context, Caller caller, JobKind kind) => new(
        kind,
        options.Queue.MaxWaiting,
        int.TryParse(context.Request.Query["fal_max_queue_length"], CultureInfo.InvariantCulture, out var most) && most >= 0 ? most : null,
        caller.Key?.MaxWaiting ?? 0);

    private FalError? Refusal(Caller caller, WaitingBounds bounds) =>
        queue.Draining ? FalError.Stopping()
        : queue.Refusal(caller.Owner, bounds) ?? limits.Refusal(caller.Key)
        ?? (disk.Refusal(0) is { } full ? FalError.Infrastructure(507, "internal_error", full) : null);
}
