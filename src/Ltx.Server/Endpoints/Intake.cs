using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
    public async Task<(LiveRequest? Request, FalError? Error)> TakeInAsync(HttpContext context, string endpoint, bool sync)
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
        var bounds = Bounds(context, caller);
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
        var reading = InputReader.Read(endpoint, document.RootElement);
        if (reading.Input is null && (sync || options.Fal.ValidateAtSubmit))
        {
            return (null, FalError.Invalid(reading.Problems));
        }

        // 4. Into the queue, where the bounds are looked at once more: others may have come while the body was read.
        NewRequest request = new()
        {
            Id = Guid.NewGuid().ToString(),
            Endpoint = endpoint,
            Owner = caller.Owner,
            Lane = headers.Lane,
            Sync = sync,
            BaseUrl = caller.QueueBase,
            Input = body.Bytes,
            ShortInput = RequestListing.Shorten(document.RootElement),
            StoreIo = headers.StoreIo,
            NoRetry = headers.NoRetry,
            LoraSet = LoraSet(reading.Input),
            OutputLifetime = headers.OutputLifetime,
            StartWithin = headers.StartWithin,
            Webhook = webhook.Length > 0 && !sync ? webhook : null,
            InputFiles = OwnFiles(reading.Input),
        };
        using var room = disk.Reserve(body.Bytes.Length > RequestStore.LargestInlineInput ? body.Bytes.Length : 0);
        return await queue.SubmitAsync(request, bounds);
    }

    private WaitingBounds Bounds(HttpContext context, Caller caller) => new(
        options.Queue.MaxWaiting,
        int.TryParse(context.Request.Query["fal_max_queue_length"], CultureInfo.InvariantCulture, out var most) && most >= 0 ? most : null,
        caller.Key?.MaxWaiting ?? 0);

    private FalError? Refusal(Caller caller, WaitingBounds bounds) =>
        queue.Draining ? FalError.Stopping()
        : queue.Refusal(caller.Owner, bounds) ?? limits.Refusal(caller.Key)
        ?? (disk.Refusal(0) is { } full ? FalError.Infrastructure(507, "internal_error", full) : null);

    /// <summary>Requests with the same adapters at the same strengths can share what is merged.</summary>
    private static string LoraSet(InpaintInput? input) => input is null or { Loras.Count: 0 } ? "" : Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\n', input.Loras.Select(l => FormattableString.Invariant($"{l.Path}\t{l.Scale}\t{l.Stages}"))))));

    private List<string> OwnFiles(InpaintInput? input) => input is null
        ? []
        : [.. new[] { input.VideoUrl, input.MaskVideoUrl }.Concat(input.Loras.Select(l => l.Path)).Select(files.IdFromUrl).OfType<string>().Distinct()];
}
