using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>Submit, status, result and cancel.</summary>
internal static class QueueEndpoints
{
    public static async Task SubmitAsync(HttpContext context, Application application, Intake intake)
    {
        var (request, error) = await intake.TakeInAsync(context, application, sync: false);
        if (request is null)
        {
            await FalResponse.WriteAsync(context, error!);
            return;
        }

        FalResponse.SetRequestId(context, request.Id);
        await FalResponse.WriteAsync(context, 200, StatusBody.Submitted(request));
    }

    public static Task StatusAsync(HttpContext context, string id, VisibleRequests requests, RequestStore store)
    {
        var caller = Caller.Of(context);
        var wantsLogs = WantsLogs(context);
        if (requests.Live(caller, id) is { } live)
        {
            FalResponse.SetRequestId(context, id);
            var state = live.State;
            if (state != RequestState.Completed)
            {
                return FalResponse.WriteAsync(context, 202, StatusBody.Live(live, state, wantsLogs ? live.Logs() : null));
            }
        }

        // What is not in memory, or completed there, is completed on disk.
        if (requests.Stored(caller, id) is not { State: RequestState.Completed } stored)
        {
            return FalResponse.NotFoundAsync(context);
        }

        FalResponse.SetRequestId(context, id);
        return FalResponse.WriteAsync(context, 200, StatusBody.Completed(stored, wantsLogs ? store.Logs(id) : null));
    }

    public static async Task ResultAsync(HttpContext context, string id, VisibleRequests requests, ResultBody results)
    {
        if (requests.Stored(Caller.Of(context), id) is not { } stored)
        {
            await FalResponse.NotFoundAsync(context);
            return;
        }

        FalResponse.SetRequestId(context, id);
        if (stored.State != RequestState.Completed)
        {
            await FalResponse.WriteAsync(context, FalError.Plain(400, FalMessages.StillInProgress));
            return;
        }

        await WriteResultAsync(context, stored, results);
    }

    /// <summary>The completed request's own status, headers and body: at the result call and at the end of a sync run.</summary>
    public static async Task WriteResultAsync(HttpContext context, StoredRequest stored, ResultBody results)
    {
        var response = context.Response;
        var missing = await results.WriteAsync(stored, () =>
        {
            response.StatusCode = stored.StatusCode!.Value;
            response.ContentType = "application/json";
            response.Headers["x-fal-billable-units"] = (stored.Units ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture);
            FalResponse.SetErrorHeaders(response, stored.ErrorType, stored.TimeoutType, stored.Retryable);
            return response.Body;
        }, context.RequestAborted);
        if (missing is not null)
        {
            await FalResponse.WriteAsync(context, missing);
        }
    }

    public static async Task CancelAsync(HttpContext context, string id, VisibleRequests requests, RequestQueue queue)
    {
        var caller = Caller.Of(context);
        if (requests.Live(caller, id) is { } live)
        {
            FalResponse.SetRequestId(context, id);
            var answer = await queue.CancelAsync(live, StopReason.Cancelled);
            await FalResponse.WriteStatusAsync(context, answer == CancelAnswer.Requested ? 202 : 400, answer == CancelAnswer.Requested ? "CANCELLATION_REQUESTED" : "ALREADY_COMPLETED");
        }
        else if (requests.Stored(caller, id) is not null)
        {
            FalResponse.SetRequestId(context, id);
            await FalResponse.WriteStatusAsync(context, 400, "ALREADY_COMPLETED");
        }
        else
        {
            await FalResponse.NotFoundAsync(context);
        }
    }

    /// <summary>0/1 from JavaScript and the CLI, true/false from Python.</summary>
    public static bool WantsLogs(HttpContext context) => context.Request.Query["logs"].ToString().ToLowerInvariant() is "1" or "true";
}
